"""Who a request counts for, and what its answer says of the quota (contract, Rate limits; guarantees, G20)."""

import time
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.errors import BadToken
from accounts.tokens import Claims
from kernel import ids
from petstore.interfaces.http.client_ip import client_network
from petstore.interfaces.rest.authentication import bearer_claims
from ratelimit.services import Quota, RateLimit, consume_quota, restore_quota

LOGIN: Final = ("POST", f"{settings.API_PREFIX}auth/tokens")
OF_AN_ADDRESS: Final = (("POST", f"{settings.API_PREFIX}auth/tokens/refresh"), ("POST", f"{settings.API_PREFIX}users"))
"""What gives tokens, whatever token it comes with: nobody gets out of an address's quota by making more of them."""
NEWCOMER_SECONDS: Final = 3600
"""How long whoever has signed up counts for their address: else twenty new accounts would have twenty quotas."""
NOT_MODIFIED = 304
_PREFLIGHT = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
_NAMES_SOMEBODY = ("HTTP_AUTHORIZATION", "HTTP_X_TENANT_ID")


@dataclass(frozen=True, slots=True)
class Counted:
    """The quota that a request counts against.

    Attributes:
        policy: what the answer calls it: `login`, `address` or `token`, which is a person's, however many they have.
        caller: whom it counts for.
    """

    policy: str
    caller: str
    quota: Quota

    def take(self) -> RateLimit:
        """Count the request."""
        return consume_quota(self.caller, self.quota)

    def settle(self, allowance: RateLimit, response: HttpResponse) -> None:
        """Give back what was free, and tell where the caller stands."""
        if response.status_code == NOT_MODIFIED:
            allowance = restore_quota(self.caller, self.quota, allowance)
        wait = max(0, allowance.resets_at - int(time.time()))
        response["RateLimit-Limit"] = str(allowance.limit)
        response["RateLimit-Remaining"] = str(allowance.remaining)
        response["RateLimit-Reset"] = str(allowance.resets_at)
        response["RateLimit-Policy"] = f'"{self.policy}";q={allowance.limit};w={self.quota[1]}'
        response["RateLimit"] = f'"{self.policy}";r={allowance.remaining};t={wait}'


def find_quota(request: HttpRequest) -> Counted | None:
    """Return the quota that the request counts against; None where it is free."""
    call = request.method, request.path_info
    if call == LOGIN:
        quota: Quota | None = settings.LOGIN_RATE_LIMIT
        return Counted("login", f"login {client_network(request)}", quota) if quota else None
    quota = settings.RATE_LIMIT
    if quota is None or _is_preflight(request):
        return None
    claims = None if call in OF_AN_ADDRESS else _claims(request)
    if claims is None or _is_newcomer(claims):
        return Counted("address", f"address {client_network(request)}", quota)
    return Counted("token", f"user {claims.user_id}", quota)


def _claims(request: HttpRequest) -> Claims | None:
    """A token's where it is good; made-up ones buy no quota."""
    try:
        return bearer_claims(request)
    except BadToken:
        return None


def _is_newcomer(claims: Claims) -> bool:
    """Whether the account was opened within the hour, by whoever wanted one."""
    return claims.is_customer and time.time() - ids.birth_seconds(claims.user_id) < NEWCOMER_SECONDS


def _is_preflight(request: HttpRequest) -> bool:
    """A browser's question on behalf of another origin (Fetch, 4.8), which never says who asks."""
    meta = request.META
    return request.method == "OPTIONS" and _PREFLIGHT in meta and not any(name in meta for name in _NAMES_SOMEBODY)
