"""Describe how tokens are got: by logging in, or by OAuth 2.0 (contract, Authentication)."""

from typing import Any, Final

from django.conf import settings

from kernel.access import Access
from petstore.interfaces.http.scope_words import SCOPE_WORDS

Schema = dict[str, Any]

BEARER: Final = "bearer"
OAUTH: Final = "oauth2"
_OAUTH_URL: Final = settings.PUBLIC_URL + settings.OAUTH_PREFIX

OAUTH_SCHEME: Schema = {
    "type": "oauth2",
    "description": (
        "A token that a user has granted to an application. PKCE with S256 is required of every application. Devices "
        f"without a browser begin at `POST {_OAUTH_URL}device/authorize` and ask at the token endpoint with the grant "
        "type `urn:ietf:params:oauth:grant-type:device_code` (RFC 8628). All addresses stand in "
        f"`{settings.PUBLIC_URL}/.well-known/oauth-authorization-server` (RFC 8414)."
    ),
    "flows": {
        "authorizationCode": {
            "authorizationUrl": f"{_OAUTH_URL}authorize",
            "tokenUrl": f"{_OAUTH_URL}token",
            "refreshUrl": f"{_OAUTH_URL}token",
            "scopes": {str(scope): f"{words.title}. {words.details}" for scope, words in SCOPE_WORDS.items()},
        }
    },
}
"""OpenAPI 3.1 has no place for the device flow but the description."""


def build_security_requirements(access: Access) -> list[Schema]:
    """Return the ways to call an operation: by either kind of token, or also without one where it is optional."""
    scopes = [str(access.scope)] if access.scope else []
    kinds = (BEARER,) if access.is_closed_to_applications else (BEARER, OAUTH)
    return [*([{}] if access.is_token_optional else []), *({kind: scopes} for kind in kinds)]
