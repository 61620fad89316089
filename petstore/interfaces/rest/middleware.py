"""What every answer under /v1 has in common: one scope, one quota, one set of headers."""

import time

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from petstore.interfaces.http.compression import compress_response
from petstore.interfaces.http.problems import DATABASE_AWAY, Problem, problem_of, problem_response
from petstore.interfaces.http.tenant_middleware import TenantMiddleware
from petstore.interfaces.rest.rate_limits import find_quota
from petstore.server.request_limits import MAX_BODY, MAX_LENGTH_DIGITS, MAX_QUERY, MAX_UPLOAD, REPEATED_HEADER
from ratelimit.services import RateLimit

NEEDS_LENGTH = ("POST", "PUT", "PATCH", "QUERY")
HAS_NO_LENGTH = (204, 304)
VARY = ("X-Tenant-ID", "Authorization", "Accept", "Accept-Encoding")


class ApiMiddleware(TenantMiddleware):
    """Counts the request, checks its frame, opens its scope and signs the answer's headers."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.applies(request):
            return self.get_response(request)
        allowance, count = None, find_quota(request)
        try:
            allowance = count.take() if count else None
            if allowance is not None and not allowance.is_granted:
                response = _too_many(request, allowance)
            else:
                response = self._answer(request)
        except DATABASE_AWAY as error:  # what views meet is a problem already
            response = self.refuse(request, error)
        if count is not None and allowance is not None:
            count.settle(allowance, response)
        _sign(request, response)
        return response

    def applies(self, request: HttpRequest) -> bool:
        return is_api(request)

    def refuse(self, request: HttpRequest, error: Exception) -> HttpResponse:
        return problem_response(problem_of(error) or Problem.of_status(500), request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        problem = _frame_problem(request)
        return problem_response(problem, request) if problem else _in_form(request, super().__call__(request))


def is_api(request: HttpRequest) -> bool:
    """Whether the request is one of the REST API's."""
    return f"{request.path_info}/".startswith(settings.API_PREFIX)


def _in_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A page that Django made of an error, such as DEBUG's, becomes a problem."""
    is_page = response.headers.get("Content-Type", "").startswith("text/")
    if response.status_code < 400 or not is_page:  # noqa: PLR2004  # RFC 9110, 15.5
        return response
    return problem_response(Problem.of_status(response.status_code), request)


def _too_many(request: HttpRequest, allowance: RateLimit) -> HttpResponse:
    wait = max(1, allowance.resets_at - int(time.time()))
    return problem_response(Problem.of_status(429, headers=(("Retry-After", str(wait)),)), request)


def _frame_problem(request: HttpRequest) -> Problem | None:
    """What is wrong with the request before anybody looks inside."""
    try:
        vars(request)["host"] = request.get_host()
    except DisallowedHost:
        return Problem.of_status(400, "The Host header names no host of this service.")
    if REPEATED_HEADER in request.META:
        return Problem.of_status(400, f"{request.META[REPEATED_HEADER]} may stand once only.")
    if len(request.META.get("QUERY_STRING", "")) > MAX_QUERY:
        return Problem.of_status(400, f"The query string is longer than {MAX_QUERY} characters.")
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity" and request.method in NEEDS_LENGTH:
        return Problem.of_status(
            415, "Bodies are taken without a Content-Encoding.", (("Accept-Encoding", "identity"),)
        )
    if not request.META.get("CONTENT_LENGTH") and _hides_its_length(request):
        return Problem.of_status(411)
    return _length_problem(request)


def _hides_its_length(request: HttpRequest) -> bool:
    """A body may follow that Django would read as empty: chunks in HTTP/1.1, frames in HTTP/2. WSGI only."""
    is_framed = request.META.get("SERVER_PROTOCOL", "").startswith("HTTP/2") and request.method in NEEDS_LENGTH
    return "HTTP_TRANSFER_ENCODING" in request.META or is_framed


def _length_problem(request: HttpRequest) -> Problem | None:
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not text.isascii() or not text.isdigit():
        return Problem.of_status(400, "Content-Length is not a number.")
    if len(text) > MAX_LENGTH_DIGITS:
        return Problem.of_status(413)
    is_upload = (request.content_type or "").startswith("multipart/")
    return Problem.of_status(413) if int(text) > (MAX_UPLOAD if is_upload else MAX_BODY) else None


def _sign(request: HttpRequest, response: HttpResponse) -> None:
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if "Vary" in response.headers:
        patch_vary_headers(response, VARY)
    else:
        response.headers["Vary"] = ", ".join(VARY)
    if not response.streaming and response.status_code not in HAS_NO_LENGTH:
        compress_response(request, response)
        response["Content-Length"] = str(len(response.content))
