"""Passwords that somebody tries: counted by address and by name, and after a while not looked at any more.

By name only wrong ones count, whatever tenant they are tried in: staff have one account for many.
"""

import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts.errors import WrongCredentials, WrongPassword
from kernel.errors import DomainError, Kind
from petstore.addresses import client_network
from traffic.quotas import Allowance, Quota, give_back, take


class TooManyAttempts(DomainError):
    """Passwords were tried too often, from this address or for this name (contract, Rate limits: login).

    Args:
        wait: seconds until the next one is heard.
    """

    kind = Kind.TOO_MANY
    code = "too_many_attempts"
    title = "There were too many attempts"

    def __init__(self, wait: int) -> None:
        super().__init__(f"There were too many attempts. Try again in {wait} seconds.")
        self.retry_after = wait


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password that was counted against a name, right or wrong."""

    caller: str
    quota: Quota
    allowance: Allowance


def count_attempt(request: HttpRequest) -> None:
    """Count a password that somebody tries, against the same quota as the API's log-ins from this address.

    Raises:
        TooManyAttempts: the quota is used up; the password is not looked at.
    """
    quota: Quota | None = settings.LOGIN_RATE_LIMIT
    if quota is not None:
        _take(f"login {client_network(request)}", quota)


def count_name(username: str) -> Attempt | None:
    """Count a password for an account of this name, if there is one or not; None where nothing is limited.

    Raises:
        TooManyAttempts: the quota is used up; the password is not looked at.
    """
    quota: Quota | None = settings.LOGIN_RATE_LIMIT
    if quota is None:
        return None
    digest = hmac.new(settings.SECRET_KEY.encode(), b"log-in " + username.lower().encode(), sha256).hexdigest()
    caller = f"login name {digest}"
    return Attempt(caller, quota, _take(caller, quota))


@contextmanager
def trying(username: str) -> Iterator[None]:
    """Count a password for an account of this name, unless the use case inside finds it right.

    Raises:
        TooManyAttempts: there were too many wrong ones; the use case is not called.
    """
    attempt = count_name(username)
    try:
        yield
    except (WrongCredentials, WrongPassword):
        raise
    except DomainError:
        forgive(attempt)
        raise
    forgive(attempt)


def forgive(attempt: Attempt | None) -> None:
    """Uncount a password that was right, where it was counted."""
    if attempt is not None:
        give_back(attempt.caller, attempt.quota, attempt.allowance)


def _take(caller: str, quota: Quota) -> Allowance:
    allowance = take(caller, quota)
    if not allowance.is_granted:
        raise TooManyAttempts(max(1, allowance.resets_at - int(time.time())))
    return allowance


def too_many(refusal: TooManyAttempts) -> HttpResponse:
    """The page that says so."""
    headers = {"Retry-After": str(refusal.retry_after), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("429.html", {"sentence": refusal.detail}), status=429, headers=headers)
