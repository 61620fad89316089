"""Django's own error responses, as problems for the API and as pages elsewhere."""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from petstore.interfaces.http.oauth_errors import build_oauth_error
from petstore.interfaces.http.paths import is_api_request, is_oauth_endpoint
from petstore.interfaces.http.problems import DATABASE_AWAY, RETRY_AFTER_SECONDS, Problem, build_refusal_response


def handle_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _build_error_response(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def handle_permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _build_error_response(request, 403)


def handle_csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form that another site sent, or one that was open while its user logged in or out."""
    page = _render_error_page(request, 403, "403_csrf.html")
    page["Cache-Control"] = "no-store"
    return page


def handle_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _build_error_response(request, 404)


def handle_server_error(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exception(), DATABASE_AWAY):
        return respond_service_unavailable(request)
    return _build_error_response(request, 500)


def respond_service_unavailable(request: HttpRequest, detail: str = "") -> HttpResponse:
    """Respond with a 503 that says when to try again."""
    response = _build_error_response(request, 503, detail)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _build_error_response(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    if is_api_request(request):
        return build_refusal_response(Problem.of_status(status, detail), request)
    if is_oauth_endpoint(request.path_info):
        problem = Problem.of_status(status, detail)
        return build_oauth_error(status, problem.detail or problem.title)
    return _render_error_page(request, status, f"{status}.html")


def _render_error_page(request: HttpRequest, status: int, template: str) -> HttpResponse:
    """Render a page without the request's user, who would be read from the database that may have failed."""
    is_back_office = request.path_info.startswith(settings.BACK_OFFICE_PREFIX)
    told = {"home": settings.BACK_OFFICE_PREFIX if is_back_office else "/", "request_id": _request_id_of(request)}
    return HttpResponse(render_to_string(template, told), status=status)


def _request_id_of(request: HttpRequest) -> str:
    return getattr(request, "request_id", "")
