"""Problem details of RFC 9457 for all errors under /v1, and the one map from error kind to HTTP status."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string
from rest_framework import exceptions
from rest_framework.views import set_rollback

from accounts.errors import BadToken
from kernel.actor import PROOF_LIFETIME
from kernel.errors import DomainError, FieldFault, FreshProofRequired, InsufficientScope, Kind
from kernel.masks import mask_card_numbers
from petstore.interfaces.http.openai_errors import describe_for_openai, is_openai_path
from petstore.server.awaited_response import AwaitedResponse, MakeResponse
from tenants.errors import TenantChanged

TYPE_BASE = "https://petstoreapi.com/errors/"
CONTENT_TYPE = "application/problem+json"

_OF_KIND: dict[Kind, tuple[int, str]] = {
    Kind.INVALID: (400, "validation-error"),
    Kind.UNAUTHENTICATED: (401, "unauthorized"),
    Kind.FORBIDDEN: (403, "forbidden"),
    Kind.NOT_FOUND: (404, "not-found"),
    Kind.CONFLICT: (409, "conflict"),
    Kind.STALE: (412, "precondition-failed"),
    Kind.TOO_LARGE: (413, "payload-too-large"),
    Kind.UNSUPPORTED_MEDIA: (415, "unsupported-media-type"),
    Kind.KEY_REUSED: (422, "idempotency-key-reused"),
    Kind.TOO_MANY: (429, "rate-limit-exceeded"),
    Kind.UNAVAILABLE: (503, "internal-server-error"),
}

_OF_STATUS: dict[int, tuple[str, str]] = {
    400: ("bad-request", "The request is malformed"),
    401: ("unauthorized", "Authentication is required"),
    403: ("forbidden", "You may not do this"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "This method is not allowed here"),
    406: ("not-acceptable", "Nothing that Accept asks for can be produced here"),
    408: ("bad-request", "The request took too long to arrive"),
    411: ("bad-request", "The request needs a Content-Length"),
    413: ("payload-too-large", "The request body is too large"),
    415: ("unsupported-media-type", "This media type is not taken here"),
    429: ("rate-limit-exceeded", "Too many requests"),
    500: ("internal-server-error", "Something went wrong on our side"),
    503: ("internal-server-error", "The service cannot work at the moment"),
}
DATABASE_AWAY = (OperationalError, InterfaceError)
"""The connection broke, the database does not answer, or a lock took too long: the same request may succeed later."""
RETRY_AFTER_SECONDS = 1

logger = logging.getLogger(__name__)

_CARD_IN_PATH = re.compile(r"(?<=/)[0-9]{13,19}(?![^/])")
"""A whole segment only, because parts of UUIDs look like card numbers, too."""
_WORD_START = re.compile(r"_([a-z])")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem before it becomes a response.

    Attributes:
        slug: the last part of `type`.
        faults: the fields at fault; makes it a `validation-error`.
    """

    status: int
    slug: str
    title: str
    detail: str = ""
    faults: tuple[FieldFault, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_status(cls, status: int, detail: str = "", headers: tuple[tuple[str, str], ...] = ()) -> "Problem":
        """Make the problem of an HTTP status alone."""
        slug, title = _OF_STATUS[status]
        return cls(status, slug, title, detail or f"{title}.", headers=headers)


def build_refusal_response(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Build the response for a problem as the protocol at the request's path has it (setting REFUSAL_FORMS)."""
    form = settings.REFUSAL_FORMS.get(request.path_info)
    build = build_problem_response if form is None else import_string(form)
    response: HttpResponse = build(problem, request)
    return response


def build_problem_response(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Build the response for a problem as `application/problem+json`."""
    body = build_problem_body(problem, request.path, getattr(request, "request_id", ""))
    response = HttpResponse(orjson.dumps(body), status=problem.status, content_type=CONTENT_TYPE)
    set_problem_headers(problem, response)
    return response


def set_problem_headers(problem: Problem, response: HttpResponse) -> None:
    """Set the headers of a problem; that of a 401 says how to authenticate (RFC 6750, 3)."""
    if problem.status == 401:  # noqa: PLR2004  # RFC 6750
        response["WWW-Authenticate"] = "Bearer"
    for name, value in problem.headers:
        response[name] = value


def build_problem_body(problem: Problem, instance: str, request_id: str = "") -> dict[str, Any]:
    """Build the JSON of a problem.

    Args:
        instance: the place where it happened.
        request_id: of the call; a defect of ours says nothing else.
    """
    body: dict[str, Any] = {
        "type": TYPE_BASE + problem.slug,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail or problem.title,
        "instance": _CARD_IN_PATH.sub(lambda found: mask_card_numbers(found[0]), instance),
    }
    if problem.faults:
        body["errors"] = [{"field": f.field, "message": f.message, "code": f.code} for f in problem.faults]
    if is_openai_path(instance):
        body |= describe_for_openai(problem.slug, body["detail"], problem.faults)
    if problem.status >= 500:  # noqa: PLR2004  # RFC 9110, 15.6
        body["requestId"] = request_id
    return body


def handle_api_exception(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Handle an exception of an API view, as DRF's EXCEPTION_HANDLER; Django logs unknown ones and answers 500."""
    problem = translate_exception(exc, context)
    if problem is None:
        return None
    set_rollback()
    return build_problem_response(problem, context["request"])


def await_or_refuse(make: MakeResponse, request: HttpRequest) -> AwaitedResponse:
    """Return a response that is still being made, in whose place a refusal comes where `make` raises one."""

    async def make_or_refuse() -> HttpResponseBase:
        try:
            return await make()
        except Exception as error:
            problem = translate_exception(error)
            if problem is None:
                raise
            return build_problem_response(problem, request)

    return AwaitedResponse(make_or_refuse)


def translate_exception(exc: Exception, context: Mapping[str, Any] | None = None) -> Problem | None:
    """Return the problem that an exception is for the caller; None for a defect of ours."""
    if isinstance(exc, DomainError):
        return _translate_domain_error(exc)
    if isinstance(exc, exceptions.ValidationError):
        faults = tuple(_flatten_error_details(exc.get_full_details()))
        return Problem(400, "validation-error", "One or more fields are not valid", faults=faults)
    if isinstance(exc, exceptions.MethodNotAllowed) and context is not None:
        allow = ", ".join(context["view"].allowed_methods)
        return Problem.of_status(405, str(exc.detail), (("Allow", allow),))
    if isinstance(exc, exceptions.APIException):
        return Problem.of_status(exc.status_code, str(exc.detail))
    return _translate_django_error(exc)


def _translate_domain_error(error: DomainError) -> Problem:
    status, slug = _OF_KIND[error.kind]
    if error.kind is Kind.INVALID and not error.faults:
        slug = "bad-request"
    headers: tuple[tuple[str, str], ...] = ()
    if error.retry_after:
        headers = (("Retry-After", str(error.retry_after)),)
    headers += tuple(("WWW-Authenticate", challenge) for challenge in _build_auth_challenges(error))
    faults = tuple(FieldFault(to_camel_case(f.field), f.message, f.code) for f in error.faults)
    return Problem(status, slug, error.title, error.detail, faults, headers)


def _build_auth_challenges(error: DomainError) -> Iterator[str]:
    """Yield the challenges that say what is wrong with a token (RFC 6750, 3.1; RFC 9470, 3)."""
    if isinstance(error, BadToken):
        yield 'Bearer error="invalid_token"'
    if isinstance(error, InsufficientScope):
        yield f'Bearer error="insufficient_scope", scope="{error.scope}"'
    if isinstance(error, FreshProofRequired):
        yield f'Bearer error="insufficient_user_authentication", max_age="{PROOF_LIFETIME // timedelta(seconds=1)}"'


def _translate_django_error(exc: Exception) -> Problem | None:
    if isinstance(exc, Http404):
        return Problem.of_status(404)
    if isinstance(exc, PermissionDenied):
        return Problem.of_status(403)
    if isinstance(exc, RequestDataTooBig):
        return Problem.of_status(413)
    if isinstance(exc, SuspiciousOperation | DataError | RecursionError | OverflowError):
        return Problem.of_status(400)
    if isinstance(exc, (TenantChanged, *DATABASE_AWAY)):
        if not isinstance(exc, TenantChanged):  # which nobody sees: the request is run once more
            logger.error("The database refuses: %s", exc)
        return Problem.of_status(503, headers=(("Retry-After", str(RETRY_AFTER_SECONDS)),))
    return None


def to_camel_case(name: str) -> str:
    """Write a name as callers know it: `age_months` becomes `ageMonths`."""
    return _WORD_START.sub(lambda match: match[1].upper(), name)


def _flatten_error_details(details: Any, prefix: str = "") -> Iterator[FieldFault]:
    """Flatten DRF's nested error details to one list with dotted names."""
    if isinstance(details, Mapping) and "message" in details and "code" in details and len(details) == 2:  # noqa: PLR2004  # DRF's leaf
        yield FieldFault(prefix or "body", str(details["message"]), str(details["code"]))
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            path = prefix if name == "non_field_errors" else f"{prefix}.{name}" if prefix else str(name)
            yield from _flatten_error_details(inner, path)
    elif isinstance(details, Sequence) and not isinstance(details, str):
        for index, inner in enumerate(details):
            is_leaf = isinstance(inner, Mapping) and set(inner) == {"message", "code"}
            yield from _flatten_error_details(inner, prefix if is_leaf else f"{prefix}.{index}".lstrip("."))
