"""The middleware of the API: one quota, one tenant and one set of headers for every request."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from accounts.entrances import Entrance
from kernel.errors import DomainError
from petstore.interfaces.calls import (
    CountedCall,
    find_remembered_entrance,
    open_entrance,
    open_remembered_entrance,
)
from petstore.interfaces.entry.rate_limits import count_request, set_rate_limit_headers
from petstore.interfaces.entry.request_heads import check_request_head
from petstore.interfaces.http.callers import credentials_of_request, tenant_header_of
from petstore.interfaces.http.compression import compress_response
from petstore.interfaces.http.paths import is_api_request, is_polling_request
from petstore.interfaces.http.problems import (
    DATABASE_AWAY,
    Problem,
    build_refusal_response,
    translate_exception,
)
from petstore.server.awaited_response import AwaitedResponse
from petstore.server.response_headers import add_missing_headers, add_ready_headers, prepare_headers

HAS_NO_LENGTH = (204, 304)
READING = ("GET", "HEAD")
"""Methods that change nothing, so that they may be run once more."""
PAGES = ("text/html", "text/plain")
"""The media types of Django's own pages."""
_R = TypeVar("_R", bound=HttpResponseBase)
VARY = ("X-Tenant-ID", "Authorization", "Accept", "Accept-Encoding")
COMMON_HEADERS = prepare_headers({"Cache-Control": "private, no-cache", "Vary": ", ".join(VARY)})


class ApiMiddleware:
    """Count the request, check its head, open its tenant and set the headers that every answer has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api_request(request) or is_polling_request(request):
            return self.get_response(request)
        counted = None
        try:
            counted = count_request(request)
            response = self._respond_in_tenant(request, counted)
        except (DomainError, *DATABASE_AWAY) as error:  # of this middleware: what views raise is a response already
            response = build_refusal_response(translate_exception(error) or Problem.of_status(500), request)
        if counted is not None:
            set_rate_limit_headers(counted, response)
        if isinstance(response, AwaitedResponse):
            response.finish_with(partial(_finish_awaited, request))
        else:
            _set_common_headers(request, response)
        return response

    def _respond_in_tenant(self, request: HttpRequest, counted: CountedCall | None) -> HttpResponse:
        if counted is not None:
            counted.require_quota_left()
        problem = check_request_head(request)
        if problem is not None:
            return build_refusal_response(problem, request)
        remembered = self._respond_from_memory(request) if request.method in READING else None
        return remembered or self._respond_anew(request)

    def _respond_from_memory(self, request: HttpRequest) -> HttpResponse | None:
        """Respond in a tenant, and to a bearer, that are remembered; None where they are not, or no longer true."""
        credentials, tenant = credentials_of_request(request), tenant_header_of(request)
        entrance = find_remembered_entrance(credentials, tenant)
        if entrance is None:
            return None
        with open_remembered_entrance(entrance, credentials, tenant) as check:
            response = self._respond_at(request, entrance)
        if not check.has_failed:
            return response
        if isinstance(response, AwaitedResponse):
            response.run_afterwards()
        response.close()
        return None

    def _respond_anew(self, request: HttpRequest) -> HttpResponse:
        with open_entrance(credentials_of_request(request), tenant_header_of(request)) as entrance:
            return self._respond_at(request, entrance)

    def _respond_at(self, request: HttpRequest, entrance: Entrance) -> HttpResponse:
        vars(request)["entrance"], vars(request)["tenant"] = entrance, entrance.tenant
        return _as_problem(request, self.get_response(request))


def _finish_awaited(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    final = _as_problem(request, response)
    _set_common_headers(request, final)
    return final


def _as_problem(request: HttpRequest, response: _R) -> _R | HttpResponse:
    """Replace a page that Django made of an error, such as DEBUG's, by a problem."""
    is_page = response.headers.get("Content-Type", "").startswith(PAGES)
    if response.status_code < 400 or not is_page:  # noqa: PLR2004  # RFC 9110, 15.5
        return response
    return build_refusal_response(Problem.of_status(response.status_code), request)


def _set_common_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    if "Vary" in response.headers:
        patch_vary_headers(response, VARY)
    add_missing_headers(response, COMMON_HEADERS)
    if isinstance(response, HttpResponse) and response.status_code not in HAS_NO_LENGTH:
        length = str(compress_response(request, response))
        add_ready_headers(response, {"content-length": ("Content-Length", length)})
