"""Limit attempts to give a password, by address and by name (contract, Rate limits; guarantees, G20).

By name only wrong passwords count, over all tenants, because staff have one account for many. When strangers have used
up a name's quota, a network from which the name has logged in lately still has the quota of its address.
"""

import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string

from accounts.errors import WrongCredentials, WrongPassword
from kernel.caller import Peer
from kernel.digests import compute_keyed_digest
from kernel.errors import DomainError, Kind
from ratelimit.known_callers import is_caller_known, remember_known_caller
from ratelimit.services import Quota, RateLimit, consume_quota, restore_quota

KNOWN_SECONDS = 30 * 86_400
"""The seconds that a network is remembered after a right password."""


class TooManyAttempts(DomainError):
    """Passwords were tried too often, from this address or for this name (contract, Rate limits).

    Args:
        wait: seconds until the next attempt is allowed.
    """

    kind = Kind.TOO_MANY
    code = "too_many_attempts"
    title = "There were too many attempts"

    def __init__(self, wait: int) -> None:
        super().__init__(f"There were too many attempts. Try again in {wait} seconds.")
        self.retry_after = wait


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """An attempt that was counted against a name.

    Attributes:
        caller: the name under which it was counted.
        acquaintance: the name together with the network from which it is tried.
    """

    caller: str
    quota: Quota
    allowance: RateLimit
    acquaintance: str


def name_login_caller(peer: Peer) -> str:
    """Return the name under which log-ins from a network are counted, over all protocols."""
    return f"login {peer.network}"


def count_login_attempt(peer: Peer) -> None:
    """Count an attempt against the quota of log-ins from this address, which the API's log-ins share.

    Raises:
        TooManyAttempts: the quota is used up; the password is not looked at.
    """
    quota: Quota | None = settings.LOGIN_RATE_LIMIT
    if quota is not None:
        _require_granted_quota(consume_quota(name_login_caller(peer), quota))


def count_name_attempt(peer: Peer, username: str) -> LoginAttempt | None:
    """Count an attempt for a name, whether there is such an account or not; None where nothing limits it.

    Raises:
        TooManyAttempts: the quota is used up; the password is not looked at.
    """
    quota: Quota | None = settings.LOGIN_RATE_LIMIT
    if quota is None:
        return None
    caller, acquaintance = f"login name {_digest_login_name(username)}", _digest_login_name(username, peer.network)
    allowance = consume_quota(caller, quota)
    if not allowance.is_granted and is_caller_known(f"known {acquaintance}"):
        return None
    return LoginAttempt(caller, quota, _require_granted_quota(allowance), acquaintance)


def _digest_login_name(username: str, network: str = "") -> str:
    """Return a digest of a name, or of a name and a network. Django's form takes names in any width and with blanks."""
    name = unicodedata.normalize("NFKC", username).strip().lower()
    return compute_keyed_digest(settings.SECRET_KEY, "log-in", f"{name} {network}").hex()


@contextmanager
def throttle_login_attempt(peer: Peer, username: str) -> Iterator[None]:
    """Count an attempt for a name, unless the use case inside finds the password right.

    Raises:
        TooManyAttempts: there were too many wrong passwords; the use case is not called.
    """
    attempt = count_name_attempt(peer, username)
    try:
        yield
    except (WrongCredentials, WrongPassword):
        raise
    except DomainError:  # whatever else was wrong
        if attempt is not None:
            restore_quota(attempt.caller, attempt.quota, attempt.allowance)
        raise
    forgive_login_attempt(attempt)


def forgive_login_attempt(attempt: LoginAttempt | None) -> None:
    """Undo the count of an attempt with the right password, and remember the network that it came from."""
    if attempt is not None:
        remember_known_caller(f"known {attempt.acquaintance}", KNOWN_SECONDS)
        restore_quota(attempt.caller, attempt.quota, attempt.allowance)


def _require_granted_quota(allowance: RateLimit) -> RateLimit:
    if not allowance.is_granted:
        raise TooManyAttempts(max(1, allowance.resets_at - int(time.time())))
    return allowance


def too_many_attempts_page(error: TooManyAttempts) -> HttpResponse:
    """Render the page for a user who has to wait."""
    headers = {"Retry-After": str(error.retry_after), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("429.html", {"sentence": error.detail}), status=429, headers=headers)
