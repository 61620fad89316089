"""Serve /mcp: Streamable HTTP without sessions (contract, MCP).

A request thread reads the message and lets its caller in; the event loop has it answered by the library, whose handlers
go back to the request threads for the use cases.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string
from rest_framework.exceptions import APIException

from kernel.access import UseCase
from kernel.errors import DomainError, Forbidden
from petstore.interfaces.http.problems import DATABASE_AWAY, Problem, build_problem_response, translate_exception
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.mcp.admission import admit_request, build_challenge, find_use_cases, greet_caller
from petstore.interfaces.mcp.callers import HttpCaller
from petstore.interfaces.representation.json_text import (
    JSON_MEDIA_TYPE,
    NotJSON,
    check_json_media_type,
    parse_strict_json,
)
from petstore.server.awaited_response import AwaitedResponse

ALLOWED: Final = "POST, OPTIONS"
_EXCHANGE: Final = "petstore.interfaces.mcp.exchange.answer_message"
_READ_HEADERS: Final = ("HTTP_ACCEPT", "HTTP_MCP_")
_NULL: Final = object()
"""The null of JSON, which is no message."""
_SESSION: Final = "HTTP_MCP_SESSION_ID"


def serve_mcp(request: HttpRequest) -> HttpResponse:
    """Answer one message. There is nothing to listen to without one, and no session to end."""
    if request.method == "OPTIONS":
        response = HttpResponse(status=204, headers={"Allow": ALLOWED})
        del response["Content-Type"]
        return response
    if request.method != "POST":
        return build_problem_response(Problem.of_status(405, headers=(("Allow", ALLOWED),)), request)
    use_cases: list[UseCase] = [greet_caller]
    try:
        _check_origin(request)
        check_json_media_type(request.META.get("CONTENT_TYPE", ""))
        body, message = _read_message(request)
        use_cases = find_use_cases(message)
        caller = admit_request(request, use_cases)
    except (DomainError, APIException, *DATABASE_AWAY) as error:
        return _refuse_request(request, error, use_cases)
    answer = partial(_load_exchange(), caller, _list_headers(request), body, message)
    return AwaitedResponse(partial(_answer_admitted, request, use_cases, caller, answer))


async def _answer_admitted(
    request: HttpRequest,
    use_cases: list[UseCase],
    caller: HttpCaller,
    answer: Callable[[], Awaitable[HttpResponseBase]],
) -> HttpResponseBase:
    """Answer the message of a caller who was let in; a row that asks for a log-in is refused as a tool that does."""
    response = await answer()
    if caller.missing_logins:
        return _refuse_request(request, caller.missing_logins[0], use_cases)
    return response


@cache
def _load_exchange() -> Callable[..., Any]:
    """Import the library, in the request thread of a process's first message: it takes a second or two and 30 MB, which
    stores without assistants need not spend."""
    answer_message: Callable[..., Any] = import_string(_EXCHANGE)
    return answer_message


def _check_origin(request: HttpRequest) -> None:
    """Refuse a browser's page of another site (MCP, Streamable HTTP, Security): DNS rebinding makes us look local."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:
        return
    public = urlsplit(settings.PUBLIC_URL)
    own = {f"{request.scheme}://{vars(request)['host']}".lower(), f"{public.scheme}://{public.netloc}".lower()}
    if origin.lower() not in own:
        raise Forbidden("Pages of other sites may not call this.")


def _read_message(request: HttpRequest) -> tuple[bytes, object]:
    """Return the body and what it says; an empty body and None where it is no JSON, which the library then refuses.

    Raises:
        ParseError: it is JSON, but not strictly so: others might read it differently (guarantees, G9).
    """
    body = request.read()
    try:
        message = parse_strict_json(body)
    except NotJSON:
        return b"", None
    return body, _NULL if message is None else message


def _list_headers(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    """Return the headers that the library reads; a session's id is none of them."""
    found = [
        (name.removeprefix("HTTP_").replace("_", "-").lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in request.META.items()
        if name.startswith(_READ_HEADERS) and name != _SESSION
    ]
    return [*found, (b"content-type", JSON_MEDIA_TYPE.encode())]


def _refuse_request(request: HttpRequest, error: Exception, use_cases: Iterable[UseCase]) -> HttpResponse:
    """Refuse before the protocol begins; a client finds out by the challenge how to log in."""
    response = build_problem_response(translate_exception(error) or Problem.of_status(500), request)
    challenge = build_challenge(error, build_site_url(request), use_cases) if isinstance(error, DomainError) else None
    if challenge is not None:
        response["WWW-Authenticate"] = challenge
    return response
