"""Answer a request over HTTP (contract, GraphQL; GraphQL over HTTP)."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, ParseError

from kernel.errors import DomainError
from petstore.interfaces.calls import find_scoped_caller
from petstore.interfaces.graphql.contexts import CallContext, read_schema
from petstore.interfaces.graphql.errors import OperationRefused
from petstore.interfaces.graphql.execution import execute_operation
from petstore.interfaces.graphql.operations import (
    MUTATION,
    SUBSCRIPTION,
    GraphQLRequest,
    Operation,
    prepare_operation,
    read_graphql_request,
)
from petstore.interfaces.graphql.refusals import build_graphql_refusal, format_content_type
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request
from petstore.interfaces.http.problems import DATABASE_AWAY, Problem, translate_exception
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.representation.json_text import (
    JSON_MEDIA_TYPE,
    check_json_media_type,
    parse_strict_json,
    render_json_bytes,
)

MEMBERS: Final = ("query", "operationName", "variables", "extensions")
_JSON_MEMBERS: Final = ("variables", "extensions")


def answer_request(request: HttpRequest, media_type: str) -> HttpResponse:
    """Execute the operation of a request.

    Args:
        media_type: of the answer.
    """
    try:
        context = open_context(request)
        asked = read_http_request(request)
        operation = prepare_operation(asked)
    except OperationRefused as error:
        return build_answer({"errors": error.errors}, media_type, is_begun=False)
    except (DomainError, APIException, *DATABASE_AWAY) as error:
        return build_graphql_refusal(translate_exception(error) or Problem.of_status(500), request)
    problem = _refuse_kind(operation) or refuse_method(operation, request)
    if problem is not None:
        return build_graphql_refusal(problem, request)
    return build_answer(execute_operation(operation, context), media_type, is_begun=True)


def open_context(request: HttpRequest) -> CallContext:
    """Let the caller of a request in, whose tenant is open.

    Raises:
        BadToken, ForeignToken, MembersOnly
    """
    peer = peer_of_request(request)
    caller = find_scoped_caller(credentials_of_request(request), vars(request)["entrance"], peer)
    context = CallContext(caller, build_site_url(request), peer.request_id)
    context.admit_to(read_schema)
    return context


def read_http_request(request: HttpRequest) -> GraphQLRequest:
    """Return what a request asks for: by its body, or by the query string of a GET; raises APIException."""
    if request.method == "POST":
        check_json_media_type(request.META.get("CONTENT_TYPE", ""))
        return read_graphql_request(parse_strict_json(request.read()))
    return read_graphql_request(_read_query_string(request))


def build_answer(result: dict[str, Any], media_type: str, *, is_begun: bool) -> HttpResponse:
    """Build the answer of a result: 400 where execution did not begin, unless the caller takes only plain JSON."""
    status = 200 if is_begun or media_type == JSON_MEDIA_TYPE else 400
    return HttpResponse(render_json_bytes(result), status=status, content_type=format_content_type(media_type))


def _read_query_string(request: HttpRequest) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name in MEMBERS:
        texts = request.GET.getlist(name)
        if len(texts) > 1:
            raise ParseError(f"`{name}` may stand once only.")
        if texts and texts[0]:
            given[name] = parse_strict_json(texts[0].encode()) if name in _JSON_MEMBERS else texts[0]
    if any("\0" in given.get(name, "") for name in ("query", "operationName")):
        raise ParseError("A text has a character that cannot be stored.")
    return given


def refuse_method(operation: Operation, request: HttpRequest) -> Problem | None:
    """Return why an operation cannot be executed by this method, if so."""
    if operation.kind == MUTATION and request.method != "POST":
        return Problem.of_status(405, "A mutation is sent by POST.", (("Allow", "POST"),))
    return None


def _refuse_kind(operation: Operation) -> Problem | None:
    """Return why an operation cannot be executed in one answer, if so."""
    if operation.kind == SUBSCRIPTION:
        return Problem.of_status(400, "Subscriptions are served over a WebSocket or as text/event-stream.")
    return None
