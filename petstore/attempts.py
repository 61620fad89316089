"""Passwords that somebody tries on a page: counted, and after a while not looked at any more."""

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from kernel.errors import DomainError, Kind
from petstore.addresses import client_address
from traffic.quotas import Quota, take


class TooManyAttempts(DomainError):
    """Passwords were tried too often from this address (contract, Rate limits: login).

    Args:
        wait: seconds until the next one is heard.
    """

    kind = Kind.TOO_MANY
    code = "too_many_attempts"
    title = "There were too many attempts"

    def __init__(self, wait: int) -> None:
        super().__init__(f"There were too many attempts. Try again in {wait} seconds.")
        self.retry_after = wait


def count_attempt(request: HttpRequest) -> None:
    """Count a password that somebody tries, against the same quota as the API's log-ins.

    Raises:
        TooManyAttempts: the quota is used up; the password is not looked at.
    """
    quota: Quota | None = settings.LOGIN_RATE_LIMIT
    allowance = take(f"login {client_address(request)}", quota) if quota else None
    if allowance is not None and not allowance.is_granted:
        raise TooManyAttempts(max(1, allowance.resets_at - int(time.time())))


def too_many(refusal: TooManyAttempts) -> HttpResponse:
    """The page that says so."""
    headers = {"Retry-After": str(refusal.retry_after), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("429.html", {"sentence": refusal.detail}), status=429, headers=headers)
