"""Serve /v1/graphql (contract, GraphQL; GraphQL over HTTP)."""

from collections.abc import Callable
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string

from petstore.interfaces.graphql.graphiql import HTML_MEDIA_TYPE, show_graphiql
from petstore.interfaces.graphql.refusals import MEDIA_TYPES, build_graphql_refusal
from petstore.interfaces.http.media_types import choose_media_type
from petstore.interfaces.http.problems import Problem

ALLOWED: Final = "GET, HEAD, POST, OPTIONS"
READING: Final = ("GET", "HEAD")
EVENT_STREAM: Final = "text/event-stream"
_ANSWER: Final = "petstore.interfaces.graphql.answers.answer_request"
_ANSWER_BY_EVENTS: Final = "petstore.interfaces.graphql.event_streams.answer_by_events"


def serve_graphql(request: HttpRequest) -> HttpResponseBase:
    """Answer one operation; a browser that opens the address gets GraphiQL."""
    if request.method == "OPTIONS":
        response = HttpResponse(status=204, headers={"Allow": ALLOWED})
        del response["Content-Type"]
        return response
    if request.method != "POST" and request.method not in READING:
        return build_graphql_refusal(Problem.of_status(405, headers=(("Allow", ALLOWED),)), request)
    offered = (*MEDIA_TYPES, EVENT_STREAM, *((HTML_MEDIA_TYPE,) if request.method in READING else ()))
    media_type = choose_media_type(request.META.get("HTTP_ACCEPT"), offered)
    if media_type is None:
        return build_graphql_refusal(Problem.of_status(406), request)
    if media_type == HTML_MEDIA_TYPE:
        return show_graphiql(request)
    if media_type == EVENT_STREAM:
        return _load_function(_ANSWER_BY_EVENTS)(request)
    return _load_function(_ANSWER)(request, media_type)


@cache
def _load_function(path: str) -> Callable[..., HttpResponseBase]:
    """Import the library, in the request thread of a process's first operation: it takes most of a second, which stores
    without GraphQL need not spend."""
    answer: Callable[..., HttpResponseBase] = import_string(path)
    return answer
