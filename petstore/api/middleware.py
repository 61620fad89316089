"""What every answer under /v1 has in common: one scope, one quota, one set of headers."""

import time

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from accounts.errors import BadToken
from kernel.errors import DomainError
from petstore.addresses import client_address
from petstore.api.authentication import bearer_claims
from petstore.api.problems import Problem, problem_of, problem_response
from tenants.errors import BadTenantHeader
from tenants.middleware import TenantMiddleware
from traffic.quotas import Allowance, Quota, take

API = "/v1/"
LOGIN_PATH = "/v1/auth/tokens"
MAX_BODY = 1024 * 1024
MAX_UPLOAD = 6 * 1024 * 1024
VARY = ("X-Tenant-ID", "Authorization", "Accept")


class ApiMiddleware(TenantMiddleware):
    """Counts the request, checks its frame, opens its scope and signs the answer's headers."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.applies(request):
            return self.get_response(request)
        quota = _quota(request)
        allowance = take(_caller(request), quota) if quota else None
        if allowance is not None and not allowance.is_granted:
            response = _too_many(request, allowance)
        else:
            response = self._answer(request)
        _sign(response, allowance)
        return response

    def applies(self, request: HttpRequest) -> bool:
        return request.path_info.startswith(API)

    def refuse(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        return problem_response(problem_of(error) or Problem.of_status(500), request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        problem = _frame_problem(request)
        return problem_response(problem, request) if problem else super().__call__(request)


def _is_login(request: HttpRequest) -> bool:
    return request.path_info == LOGIN_PATH and request.method == "POST"


def _quota(request: HttpRequest) -> Quota | None:
    return settings.LOGIN_RATE_LIMIT if _is_login(request) else settings.RATE_LIMIT


def _caller(request: HttpRequest) -> str:
    """A token where it is good; an address otherwise, so that made-up tokens buy no quota."""
    if _is_login(request):
        return f"login {client_address(request)}"
    try:
        claims = bearer_claims(request)
    except BadToken:
        claims = None
    return f"token {claims.jti}" if claims else f"address {client_address(request)}"


def _too_many(request: HttpRequest, allowance: Allowance) -> HttpResponse:
    wait = max(1, allowance.resets_at - int(time.time()))
    return problem_response(Problem.of_status(429, headers=(("Retry-After", str(wait)),)), request)


def _frame_problem(request: HttpRequest) -> Problem | None:
    """What is wrong with the request before anybody looks inside."""
    try:
        request.get_host()
    except DisallowedHost:
        return Problem.of_status(400, "The Host header names no host of this service.")
    if "HTTP_TRANSFER_ENCODING" in request.META and "CONTENT_LENGTH" not in request.META:
        if not isinstance(request, ASGIRequest):
            return Problem.of_status(411)
        request.META["CONTENT_LENGTH"] = str(len(request.body))
    return _length_problem(request)


def _length_problem(request: HttpRequest) -> Problem | None:
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not text.isascii() or not text.isdigit():
        return Problem.of_status(400, "Content-Length is not a number.")
    is_upload = (request.content_type or "").startswith("multipart/")
    return Problem.of_status(413) if int(text) > (MAX_UPLOAD if is_upload else MAX_BODY) else None


def _sign(response: HttpResponse, allowance: Allowance | None) -> None:
    if allowance is not None:
        response["RateLimit-Limit"] = str(allowance.limit)
        response["RateLimit-Remaining"] = str(allowance.remaining)
        response["RateLimit-Reset"] = str(allowance.resets_at)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    patch_vary_headers(response, VARY)
    if not response.streaming and "Content-Length" not in response.headers:
        response["Content-Length"] = str(len(response.content))
