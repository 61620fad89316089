"""The answers that Django itself would make, as problems under /v1 and as pages elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from petstore.api.middleware import is_api
from petstore.api.problems import Problem, problem_response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400) or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403) or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500) or defaults.server_error(request)


def _answer(request: HttpRequest, status: int) -> HttpResponse | None:
    if is_api(request):
        return problem_response(Problem.of_status(status), request)
    return None
