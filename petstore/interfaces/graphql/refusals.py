"""Refusals as GraphQL's clients read them: entries of `errors` (contract, GraphQL).

It stands apart from `errors`, which loads the library.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from petstore.interfaces.http.media_types import choose_media_type
from petstore.interfaces.http.problems import Problem, build_problem_body, set_problem_headers
from petstore.interfaces.representation.json_text import JSON_MEDIA_TYPE, render_json_bytes

GRAPHQL_MEDIA_TYPE: Final = "application/graphql-response+json"
MEDIA_TYPES: Final = (GRAPHQL_MEDIA_TYPE, JSON_MEDIA_TYPE)
"""The media types of answers (GraphQL over HTTP), the default first."""

Entry = dict[str, Any]


def build_graphql_refusal(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Build the answer to whoever may not call at all: the problem's status, and no `data` (setting REFUSAL_FORMS)."""
    entry = describe_problem(problem, request.path, getattr(request, "request_id", ""))
    media_type = choose_media_type(request.META.get("HTTP_ACCEPT"), MEDIA_TYPES) or GRAPHQL_MEDIA_TYPE
    body = render_json_bytes({"errors": [entry]})
    response = HttpResponse(body, status=problem.status, content_type=format_content_type(media_type))
    set_problem_headers(problem, response)
    return response


def describe_problem(problem: Problem, instance: str, request_id: str) -> Entry:
    """Return the entry of `errors` for a problem, whose slug is the code in upper case."""
    body = build_problem_body(problem, instance, request_id)
    return build_error_entry(body["detail"], problem.slug.upper().replace("-", "_"), body)


def build_error_entry(message: str, code: str, problem: dict[str, Any]) -> Entry:
    """Return an entry of `errors` without its place in the operation."""
    return {"message": message, "extensions": {"code": code, "problem": problem}}


def format_content_type(media_type: str) -> str:
    """Return the Content-Type of an answer."""
    return f"{media_type}; charset=utf-8"
