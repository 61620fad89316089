"""Access and refresh tokens: simplejwt's, with our claims and our keys (contract, Authentication; guarantees, G12).

They are told apart by `aud` (setting SIMPLE_JWT). Log-in sessions and used refresh tokens are kept by `accounts`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.tokens import Token

from accounts.claims import Claims, scopes_of_role
from accounts.errors import BadToken
from accounts.models import LoginSession
from accounts.services.chat_sessions import CHAT_LIFETIME, CHAT_SCOPES
from kernel import clock, ids
from kernel.actor import CLOCK_LEEWAY, Role
from tenants.scoping import public_tenant_id

ALGORITHM = "HS512"
ISSUER = "petstore"
_MAX_VERSION = 2**31 - 1
_KEY_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ApplicationGrant:
    """The part of a user's rights that a token of an application has (contract, OAuth 2.0)."""

    client_id: str
    scopes: tuple[str, ...]


class KeyRing(TokenBackend):
    """Sign with JWT_SIGNING_KEY and name the key in `kid`; verify with the key that a token names, fallbacks too."""

    def __init__(self) -> None:
        super().__init__(ALGORITHM, issuer=ISSUER, leeway=CLOCK_LEEWAY)

    def encode(self, payload: dict[str, Any]) -> str:
        key: str = settings.JWT_SIGNING_KEY
        return jwt.encode(payload | {"iss": ISSUER}, key, ALGORITHM, headers={"kid": _compute_key_id(key)})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Return the payload; a token without `kid`, as they were once, may be signed with any of the keys.

        Raises:
            TokenBackendError
        """
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError as error:
            raise TokenBackendError("The token is malformed.") from error
        for key in _list_verifying_keys():
            if key_id not in (None, _compute_key_id(key)):
                continue
            try:
                return _build_key_backend(key).decode(token, verify)
            except TokenBackendError:
                continue
        raise TokenBackendError("The token is signed with no key of ours, or a claim is wrong.")


class SessionToken(Token):
    """A token of a log-in session.

    Attributes:
        token_type: its `aud`.
    """

    _token_backend = KeyRing()

    @classmethod
    def for_session(cls, session: LoginSession, at: datetime, grant: ApplicationGrant | None = None) -> Self:
        """Make a token of the session's user, good in the tenant of the session.

        Args:
            grant: the application that gets the token, and for what; None where it is for the user themselves.
        """
        token, user, tenant_id = cls(), session.user, public_tenant_id(session.tenant_id)
        scopes: Iterable[str] = scopes_of_role(user.role) if grant is None else grant.scopes
        token.set_iat(at_time=at)
        token.set_exp(from_time=at)
        token.payload |= {
            "sub": str(user.id),
            "sid": str(session.id),
            "ver": user.token_version,
            "scope": " ".join(scopes),
            "role": str(user.role),
            "tenant": str(tenant_id) if tenant_id else None,
        }
        if grant is not None:
            token.payload["client_id"] = grant.client_id
        return token

    @property
    def typed_claims(self) -> Claims:
        """Return the payload in types of ours.

        Raises:
            BadToken: a claim is missing or malformed.
        """
        payload = self.payload
        try:
            tenant = payload["tenant"]
            return Claims(
                user_id=UUID(payload["sub"]),
                session_id=UUID(payload["sid"]),
                jti=UUID(payload["jti"]),
                tenant_id=UUID(tenant) if tenant else None,
                scopes=frozenset(payload["scope"].split()),
                token_version=_check_token_version(payload["ver"]),
                expires_at=int(payload["exp"]),
                is_staff=payload.get("role") == Role.STAFF,
                is_customer=payload.get("role") == Role.CUSTOMER,
                client_id=_check_client_id(payload.get("client_id")),
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise BadToken from error

    def set_jti(self) -> None:
        self.payload["jti"] = ids.new_id_text()

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        """Refuse an expired token at once: the leeway is for clocks that are ahead, not for longer lives."""
        super().check_exp(claim, (current_time or clock.now()) + CLOCK_LEEWAY)


class AccessToken(SessionToken):
    """The token that opens the API."""

    token_type = "petstore-api"  # noqa: S105  # an audience
    lifetime = timedelta(hours=24)


class RefreshToken(SessionToken):
    """The token that renews a log-in session, once. It lives as long as the session."""

    token_type = "petstore-refresh"  # noqa: S105  # an audience
    lifetime = timedelta(0)

    @classmethod
    def for_session(cls, session: LoginSession, at: datetime, grant: ApplicationGrant | None = None) -> Self:
        token = super().for_session(session, at, grant)
        token.set_exp(from_time=session.expires_at)
        return token


class BrowserToken(SessionToken):
    """The token in the cookie of the pages of OAuth 2.0; it opens nothing else, and nothing else opens them."""

    token_type = "petstore-browser"  # noqa: S105  # an audience
    lifetime = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The answer to a log-in: the access token, its end, and the refresh token."""

    token: str
    expires_at: datetime
    refresh_token: str


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A good and current token, by its signature: whether its session goes on is for the database to say.

    Attributes:
        payload: all claims as the token has them.
    """

    claims: Claims
    payload: dict[str, Any]
    is_refresh: bool


def issue_token_pair(session: LoginSession, grant: ApplicationGrant | None = None) -> TokenPair:
    """Make an access token and a refresh token for a log-in session.

    Args:
        grant: the application that gets them, and for what; None where they are for the user themselves.
    """
    now = clock.now()
    access, refresh = AccessToken.for_session(session, now, grant), RefreshToken.for_session(session, now, grant)
    return TokenPair(str(access), now + AccessToken.lifetime, str(refresh))


def issue_chat_token(session: LoginSession) -> str:
    """Make a short access token for support chat alone; no refresh token goes with it."""
    now = clock.now()
    token = AccessToken.for_session(session, now)
    token.payload["scope"] = " ".join(CHAT_SCOPES)
    token.set_exp(from_time=now, lifetime=CHAT_LIFETIME)
    return str(token)


def read_access_token(token: str) -> Claims:
    """Return the claims of an access token; raises BadToken for anything but a good and current one.

    Verified tokens are remembered, so that a caller's next request costs no signature check.
    """
    claims = _verify_access_token(token, _list_verifying_keys())
    if claims.expires_at <= clock.now().timestamp():
        raise BadToken
    return claims


def read_refresh_token(token: str) -> Claims:
    """Return the claims of a refresh token; raises BadToken for anything but a good and current one."""
    return _verify_token_text(RefreshToken, token)


def read_browser_token(token: str) -> Claims:
    """Return the claims of a browser's token; raises BadToken for anything but a good and current one."""
    return _verify_token_text(BrowserToken, token)


def read_any_token(token: str) -> Claims | None:
    """Return the claims of an access or refresh token; None for anything but a good and current one."""
    verified = verify_any_token(token)
    return None if verified is None else verified.claims


def verify_any_token(token: str) -> VerifiedToken | None:
    """Return all that an access or refresh token says; None for anything but a good and current one."""
    for token_class in (RefreshToken, AccessToken):
        try:
            verified = _verify_token(token_class, token)
            return VerifiedToken(verified.typed_claims, verified.payload, is_refresh=token_class is RefreshToken)
        except BadToken:
            continue
    return None


@lru_cache(maxsize=4096)
def _verify_access_token(token: str, _keys: tuple[str, ...]) -> Claims:
    return _verify_token_text(AccessToken, token)


def _verify_token_text(token_class: type[SessionToken], token: str) -> Claims:
    return _verify_token(token_class, token).typed_claims


def _verify_token(token_class: type[SessionToken], token: str) -> SessionToken:
    """Return a good and current token whose claims can be read; raises BadToken."""
    try:
        verified = token_class(token)  # type: ignore[arg-type]  # simplejwt names the wrong type for the text
    except (TokenError, ValueError, OverflowError) as error:  # the latter two: an `exp` that is no time
        raise BadToken from error
    return verified


def _list_verifying_keys() -> tuple[str, ...]:
    """Return the key that signs, and those before it, which still verify."""
    return settings.JWT_SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS


@lru_cache(maxsize=16)
def _build_key_backend(key: str) -> TokenBackend:
    return TokenBackend(ALGORITHM, key, issuer=ISSUER, leeway=CLOCK_LEEWAY)


@lru_cache(maxsize=16)
def _compute_key_id(key: str) -> str:
    """Return a key's name in the `kid` header; nothing of the key can be learnt from it."""
    return hashlib.sha256(b"petstore kid " + key.encode()).hexdigest()[:_KEY_ID_LENGTH]


def _check_client_id(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise ValueError(value)
    return value


def _check_token_version(value: object) -> int:
    if not isinstance(value, int) or not 0 < value <= _MAX_VERSION:
        raise ValueError(value)
    return value
