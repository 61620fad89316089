"""Describe the problems that operations answer with as OpenAPI responses (contract, Errors)."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from petstore.interfaces.http.problems import CONTENT_TYPE, TYPE_BASE, Problem
from petstore.interfaces.rest.openapi import headers

Schema = dict[str, Any]

PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "The kind of problem: a stable URI for programs.",
        },
        "title": {"type": "string", "description": "The kind of problem in words."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The status of this response."},
        "detail": {"type": "string", "description": "What is wrong with this request."},
        "instance": {"type": "string", "description": "The path of the request."},
        "errors": {
            "type": "array",
            "description": "The invalid fields, where the problem is about fields.",
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
        "error": {
            "$ref": "#/components/schemas/OpenAIError",
            "description": "In refusals of the advisor and its models: the same for OpenAI's libraries.",
        },
        "requestId": {"type": "string", "description": "In a 5xx: the request's id in the service's log."},
    },
}

FIELD_ERROR: Schema = {
    "type": "object",
    "description": "An invalid field.",
    "required": ["field", "message", "code"],
    "properties": {
        "field": {"type": "string", "description": "The field's name, dotted where nested: `source.number`."},
        "message": {"type": "string", "description": "The reason in words."},
        "code": {"type": "string", "description": "The reason as a stable word for programs."},
    },
}

PROBLEM_REFERENCE: Schema = {"$ref": "#/components/schemas/Problem"}


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An error response that operations share.

    Attributes:
        name: the component's name.
        example: fields of the example that differ from what the status says by itself.
    """

    name: str
    status: int
    description: str
    example: Schema
    headers: tuple[str, ...] = ()

    def to_openapi_response(self) -> Schema:
        """Return the OpenAPI response."""
        return {
            "description": self.description,
            "headers": headers.refer_to_headers(*self.headers),
            "content": {CONTENT_TYPE: {"schema": PROBLEM_REFERENCE, "example": self.example}},
        }


def _build_problem_example(slug: str, title: str, status: int, detail: str = "", **more: Any) -> Schema:
    return {
        "type": TYPE_BASE + slug,
        "title": title,
        "status": status,
        "detail": detail or f"{title}.",
        "instance": f"{settings.API_PREFIX}orders",
        **more,
    }


def _build_status_example(status: int) -> Schema:
    problem = Problem.of_status(status)
    return _build_problem_example(problem.slug, problem.title, status, problem.detail)


_FAULT = {"field": "petId", "message": "This field is required.", "code": "required"}

ERROR_RESPONSES: tuple[ErrorResponse, ...] = (
    ErrorResponse(
        "BadRequest",
        400,
        "The request is malformed, or `errors` says which of its fields are not valid.",
        _build_problem_example("validation-error", "One or more fields are not valid", 400, errors=[_FAULT]),
    ),
    ErrorResponse(
        "Unauthorized",
        401,
        "A token is missing or not valid, or the operation needs a recent log-in (RFC 9470).",
        _build_status_example(401),
        ("WWW-Authenticate",),
    ),
    ErrorResponse(
        "Forbidden",
        403,
        "The caller may not do this, the token lacks a scope, or the tenant is suspended. Where a scope is missing, "
        '`WWW-Authenticate` names it: `Bearer error="insufficient_scope", scope="read:orders"` (RFC 6750).',
        _build_status_example(403),
        ("WWW-Authenticate",),
    ),
    ErrorResponse(
        "NotFound", 404, "There is no such resource in the tenant of the request.", _build_status_example(404)
    ),
    ErrorResponse(
        "NotAcceptable", 406, "None of the media types that `Accept` names can be produced.", _build_status_example(406)
    ),
    ErrorResponse(
        "Conflict",
        409,
        "The resource's state does not allow it.",
        _build_problem_example("conflict", "The resource's state does not allow this", 409),
    ),
    ErrorResponse(
        "LengthRequired",
        411,
        "The body has no `Content-Length`, which the server needs.",
        _build_status_example(411),
    ),
    ErrorResponse(
        "PreconditionFailed",
        412,
        "`If-Match` does not name the current version.",
        _build_problem_example("precondition-failed", "The resource has changed since it was read", 412),
    ),
    ErrorResponse("PayloadTooLarge", 413, "The body is too large.", _build_status_example(413)),
    ErrorResponse("UnsupportedMediaType", 415, "The body's media type is not supported.", _build_status_example(415)),
    ErrorResponse(
        "IdempotencyKeyReused",
        422,
        "The `Idempotency-Key` was used before, for another request.",
        _build_problem_example("idempotency-key-reused", "This Idempotency-Key was used with another request", 422),
    ),
    ErrorResponse("TooManyRequests", 429, "The rate limit is used up.", _build_status_example(429), ("Retry-After",)),
    ErrorResponse(
        "InternalServerError",
        500,
        "An error of the service; `requestId` helps to find its cause.",
        {**_build_status_example(500), "requestId": "019b4139-77aa-7c3e-9b1f-2d3c4b5a6978"},
    ),
    ErrorResponse(
        "ServiceUnavailable",
        503,
        "The database is unreachable or busy; the request may or may not have had its effect: repeat it.",
        {**_build_status_example(503), "requestId": "019b4139-77aa-7c3e-9b1f-2d3c4b5a6978"},
        ("Retry-After",),
    ),
)

COMMON_STATUSES = (400, 401, 403, 404, 406, 429, 500, 503)
BODY_STATUSES = (411, 413, 415)

_NAMES = {refusal.status: refusal.name for refusal in ERROR_RESPONSES}


def refer_to_responses(*statuses: int) -> dict[str, Schema]:
    """Return references to the responses with these statuses."""
    return {str(status): {"$ref": f"#/components/responses/{_NAMES[status]}"} for status in statuses}


def describe_conflict_response(description: str) -> OpenApiResponse:
    """Describe the 409 of one operation, for `@extend_schema(responses={409: describe_conflict_response("…")})`."""
    value = _build_problem_example("conflict", "The resource's state does not allow this", 409, description)
    return OpenApiResponse(
        response=PROBLEM_REFERENCE, description=description, examples=[OpenApiExample("Conflict", value=value)]
    )


def describe_unavailable_response(description: str) -> OpenApiResponse:
    """Describe the 503 of one operation, for `@extend_schema(responses={503: describe_unavailable_response("…")})`."""
    title = description.rstrip(".")
    value = _build_problem_example(
        "internal-server-error", title, 503, requestId="019b4139-77aa-7c3e-9b1f-2d3c4b5a6978"
    )
    return OpenApiResponse(
        response=PROBLEM_REFERENCE, description=description, examples=[OpenApiExample("Unavailable", value=value)]
    )
