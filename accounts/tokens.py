"""Access and refresh tokens: JWT, one algorithm, our own key (contract, Authentication; guarantees, G12)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from accounts.errors import BadToken
from accounts.models import LoginSession, User
from kernel import clock, ids
from kernel.access import TokenScope
from kernel.actor import CLOCK_LEEWAY, Role
from tenants.scoping import shown_tenant_id

ALGORITHM = "HS512"
ISSUER = "petstore"
AUDIENCE = "petstore-api"
ACCESS_LIFETIME = timedelta(hours=24)
REFRESH_LIFETIME = timedelta(days=30)

CUSTOMER_SCOPES = (
    TokenScope.READ_PETS,
    TokenScope.READ_ORDERS,
    TokenScope.WRITE_ORDERS,
    TokenScope.READ_USER,
    TokenScope.WRITE_USER,
    TokenScope.WRITE_CHAT,
)
STAFF_SCOPES = (*CUSTOMER_SCOPES, TokenScope.WRITE_PETS)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; `is_staff` decides what is asked about its bearer, never what they may."""

    user_id: UUID
    session_id: UUID
    jti: UUID
    tenant_id: UUID | None
    scopes: frozenset[str]
    token_version: int
    expires_at: int
    is_staff: bool
    is_customer: bool


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a log-in gives: the bearer token, when it ends, and the token that renews it."""

    token: str
    expires_at: datetime
    refresh_token: str


def issue(user: User, login: LoginSession) -> TokenPair:
    """A new pair for the user, good in the scope of the log-in."""
    now = clock.now()
    expires_at = now + ACCESS_LIFETIME
    common = {
        "sub": str(user.id),
        "sid": str(login.id),
        "ver": user.token_version,
        "iss": ISSUER,
        "iat": int(now.timestamp()),
    }
    tenant_id = shown_tenant_id(login.tenant_id)
    scopes = CUSTOMER_SCOPES if user.role == Role.CUSTOMER else STAFF_SCOPES
    access = common | {
        "aud": AUDIENCE,
        "jti": str(ids.new_id()),
        "exp": int(expires_at.timestamp()),
        "scope": " ".join(scopes),
        "role": str(user.role),
        "tenant": str(tenant_id) if tenant_id else None,
    }
    refresh = access | {"aud": _REFRESH_AUDIENCE, "jti": str(ids.new_id()), "exp": int(login.expires_at.timestamp())}
    return TokenPair(_encoded(access), expires_at, _encoded(refresh))


def read_access(token: str) -> Claims:
    """The claims of an access token; raises BadToken for anything but a good and current one.

    Verified tokens are remembered, so that a caller's next request costs no signature check.
    """
    return _current(_verified(token, AUDIENCE, _keys()))


def read_refresh(token: str) -> Claims:
    """The claims of a refresh token; raises BadToken for anything but a good and current one."""
    return _current(_claims(_decoded(token, _REFRESH_AUDIENCE, _keys())))


def read_any(token: str) -> Claims | None:
    """The claims of an access or refresh token, or None for anything but a good and current one."""
    for read in (read_refresh, read_access):
        try:
            return read(token)
        except BadToken:
            continue
    return None


_REFRESH_AUDIENCE = "petstore-refresh"
_MAX_VERSION = 2**31 - 1
_KEY_ID_LENGTH = 16


def _current(claims: Claims) -> Claims:
    """Raises BadToken once they have expired: the leeway is for clocks that are ahead, not for longer lives."""
    if claims.expires_at <= clock.now().timestamp():
        raise BadToken
    return claims


@lru_cache(maxsize=4096)
def _verified(token: str, audience: str, keys: tuple[str, ...]) -> Claims:
    return _claims(_decoded(token, audience, keys))


def _keys() -> tuple[str, ...]:
    """The key that signs, and those before it, which are still good for verifying."""
    return settings.JWT_SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS


@lru_cache(maxsize=16)
def _id_of(key: str) -> str:
    """Return a key's name in the `kid` header; nothing of the key can be learnt from it."""
    return hashlib.sha256(b"petstore kid " + key.encode()).hexdigest()[:_KEY_ID_LENGTH]


def _encoded(payload: dict[str, Any]) -> str:
    key: str = settings.JWT_SIGNING_KEY
    return jwt.encode(payload, key, algorithm=ALGORITHM, headers={"kid": _id_of(key)})


def _decoded(token: str, audience: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """By the key that the token names; by any where it names none, as tokens did before there was a `kid`."""
    try:
        named = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError as error:
        raise BadToken from error
    for key in keys:
        if named not in (None, _id_of(key)):
            continue
        try:
            return jwt.decode(token, key, algorithms=[ALGORITHM], audience=audience, issuer=ISSUER, leeway=CLOCK_LEEWAY)
        except jwt.InvalidTokenError:
            continue
    raise BadToken


def _version(value: object) -> int:
    if not isinstance(value, int) or not 0 < value <= _MAX_VERSION:
        raise ValueError(value)
    return value


def _claims(payload: dict[str, Any]) -> Claims:
    try:
        tenant = payload["tenant"]
        return Claims(
            user_id=UUID(payload["sub"]),
            session_id=UUID(payload["sid"]),
            jti=UUID(payload["jti"]),
            tenant_id=UUID(tenant) if tenant else None,
            scopes=frozenset(payload["scope"].split()),
            token_version=_version(payload["ver"]),
            expires_at=int(payload["exp"]),
            is_staff=payload.get("role") == Role.STAFF,
            is_customer=payload.get("role") == Role.CUSTOMER,
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadToken from error
