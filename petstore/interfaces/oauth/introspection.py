"""Describe tokens to applications that ask for it (RFC 7662; contract, OAuth 2.0)."""

from typing import Any, Final

from applications.queries import find_token_holder
from petstore.interfaces.http.tokens import verify_any_token

ACCESS_TOKEN_TYPE: Final = "Bearer"  # noqa: S105  # the name of a type
REFRESH_TOKEN_TYPE: Final = "refresh_token"  # noqa: S105  # the name of a type
_FROM_PAYLOAD: Final = ("scope", "sub", "exp", "iat", "iss", "aud", "jti", "tenant")


def describe_token(token: str) -> dict[str, Any] | None:
    """Return what a token of the current tenant says and whose it is; None unless it is good now."""
    verified = verify_any_token(token)
    if verified is None:
        return None
    holder = find_token_holder(verified.claims, is_refresh=verified.is_refresh)
    if holder is None:
        return None
    client_id = verified.claims.client_id
    return {
        **{name: verified.payload[name] for name in _FROM_PAYLOAD},
        **({} if client_id is None else {"client_id": client_id}),
        "username": holder.username,
        "role": str(holder.role),
        "token_type": REFRESH_TOKEN_TYPE if verified.is_refresh else ACCESS_TOKEN_TYPE,
    }
