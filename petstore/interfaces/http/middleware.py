"""Middleware of all requests, and of pages for people."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from petstore.interfaces.http.paths import is_program_request
from petstore.interfaces.http.request_ids import choose_request_id
from petstore.server.request_limits import MAX_LENGTH_DIGITS, MAX_UPLOAD
from petstore.server.response_headers import add_ready_headers

GetResponse = Callable[[HttpRequest], HttpResponse]
ViewHook = Callable[[HttpRequest, Any, Any, Any], HttpResponseBase | None]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: https: http:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Attributes may have styles: bars of charts, and what unfold's and Django's scripts write.
A pet's photos may lie anywhere (contract, Pet)."""


class RequestIdMiddleware:
    """Take the caller's X-Request-ID or make one; echo it and put it on every log line (contract, Request id)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = choose_request_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        request.request_id = request_id  # type: ignore[attr-defined]  # Django types no attributes of ours
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        add_ready_headers(response, {"x-request-id": ("X-Request-ID", request_id)})
        return response


class PagesMiddleware:
    """Run the middleware of PAGES_MIDDLEWARE, in its order, around pages for people.

    What programs call has no sessions, cookies, forms or static files, and pays for none of it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._view_hooks: list[ViewHook] = []
        self._get_page = get_response
        for path in reversed(settings.PAGES_MIDDLEWARE):
            self._wrap_page_in(path)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if is_program_request(request) else self._get_page(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """Ask the middleware that looks at the view, such as the CSRF check."""
        if is_program_request(request):
            return None
        responses = (hook(request, view, args, kwargs) for hook in self._view_hooks)
        return next((response for response in responses if response is not None), None)

    def _wrap_page_in(self, path: str) -> None:
        middleware = import_string(path)(self._get_page)
        if hasattr(middleware, "process_exception") or hasattr(middleware, "process_template_response"):
            raise ImproperlyConfigured(f"{path} has a hook that PAGES_MIDDLEWARE does not call: put it in MIDDLEWARE.")
        if hasattr(middleware, "process_view"):
            self._view_hooks.insert(0, middleware.process_view)
        self._get_page = convert_exception_to_response(middleware)  # type: ignore[assignment]  # none of it is asynchronous


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Let a page run the scripts that we serve as files, and nothing else; a view may set a policy of its own."""

    def process_response(self, _request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_debug_page = settings.DEBUG and response.status_code in {404, 500}  # Django's own, with inline scripts
        if not is_debug_page:
            response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response


class BodySizeMiddleware(MiddlewareMixin):
    """Refuse a body that is larger than a photo, before it is read."""

    def process_request(self, request: HttpRequest) -> None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and (len(length) > MAX_LENGTH_DIGITS or int(length) > MAX_UPLOAD):
            raise RequestDataTooBig
