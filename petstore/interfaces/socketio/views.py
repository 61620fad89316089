"""Serve /socket.io/ over plain requests: long polling (contract, Socket.IO)."""

from collections.abc import Callable
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string

from petstore.interfaces.entry.request_heads import check_request_head
from petstore.interfaces.http.problems import Problem, build_problem_response

ALLOWED: Final = "GET, POST, OPTIONS"
_ANSWER: Final = "petstore.interfaces.socketio.polls.answer_request"


def serve_polling(request: HttpRequest) -> HttpResponseBase:
    """Answer one request of a session."""
    problem = check_request_head(request)
    if problem is not None:
        return build_problem_response(problem, request)
    if request.method == "OPTIONS":
        response = HttpResponse(status=204, headers={"Allow": ALLOWED})
        del response["Content-Type"]
        return response
    if request.method not in ("GET", "POST"):
        return build_problem_response(Problem.of_status(405, headers=(("Allow", ALLOWED),)), request)
    return _load_answer()(request)


@cache
def _load_answer() -> Callable[[HttpRequest], HttpResponseBase]:
    """Import the library, in the request thread of a process's first session: it takes a second or two, which stores
    without Socket.IO need not spend."""
    answer: Callable[[HttpRequest], HttpResponseBase] = import_string(_ANSWER)
    return answer
