"""Responses to requests that the server refuses before Django sees them."""

from django.http import HttpRequest, HttpResponse

from kernel import ids
from petstore.interfaces.http.oauth_errors import build_oauth_error
from petstore.interfaces.http.paths import is_api_path, is_oauth_endpoint
from petstore.interfaces.http.problems import Problem, build_refusal_response, translate_exception
from petstore.server.request_head import Refused
from petstore.server.request_pool import Overloaded


def build_refused_response(error: Refused | Overloaded, path: str, request_id: str = "") -> HttpResponse:
    """Build an error in the form of the address's interface, plain text for pages; the connection is closed.

    Args:
        request_id: of a request that Django has seen.
    """
    problem = _find_problem(error)
    request = HttpRequest()
    request.path = request.path_info = path
    request_id = request_id or ids.new_id_text()
    request.request_id = request_id  # type: ignore[attr-defined]  # Django types no attributes of ours
    if is_api_path(path):
        response = build_refusal_response(problem, request)
    elif is_oauth_endpoint(path):
        response = build_oauth_error(problem.status, problem.detail or problem.title, headers=problem.headers)
    else:
        response = HttpResponse(f"{problem.detail}\n", status=problem.status, content_type="text/plain; charset=utf-8")
        for name, value in problem.headers:
            response[name] = value
    response["X-Request-ID"] = request_id
    response["Content-Length"] = str(len(response.content))
    response["Connection"] = "close"
    return response


def _find_problem(error: Refused | Overloaded) -> Problem:
    if isinstance(error, Refused):
        return Problem.of_status(error.status, error.detail, error.headers)
    return translate_exception(error) or Problem.of_status(503)
