"""The authorization server: oauthlib's endpoints with the grants that are offered, under django-oauth-toolkit.

Offered are authorization codes with PKCE by S256, refresh tokens and device codes; nothing else is (RFC 9700).
"""

import re
from typing import Any, Final

from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.endpoints import (
    AuthorizationEndpoint,
    IntrospectEndpoint,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types import AuthorizationCodeGrant, RefreshTokenGrant
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.oauth2.rfc6749.utils import scope_to_list
from oauthlib.oauth2.rfc8628.endpoints import DeviceAuthorizationEndpoint
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

from applications.digests import format_user_code
from applications.services.devices import DEVICE_LIFETIME, start_device_authorization
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.http.tokens import AccessToken
from petstore.interfaces.oauth.parameters import Parameters, find_repeated_names
from petstore.interfaces.oauth.validator import (
    CHALLENGE_METHOD,
    DEVICE_GRANT,
    Validator,
    raise_oauth_errors,
    sign_access_token,
    sign_refresh_token,
)

DEVICE_PATH: Final = "/oauth/device"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""The S256 challenge of any verifier: 32 bytes."""
_UNSAFE_TO_REPEAT: Final = frozenset(("client_id", "redirect_uri"))


class CodeGrant(AuthorizationCodeGrant):
    """The grant by authorization code, in which a parameter that stands twice is told to the application."""

    def validate_authorization_request(self, request: Request) -> Any:
        """Check a request for a code; only doubt about the application or its redirect URI is not sent back to it."""
        repeated = find_repeated_names(request.uri_query_params)
        if repeated and not repeated & _UNSAFE_TO_REPEAT and request.client_id:
            if not self.request_validator.validate_client_id(request.client_id, request):
                raise errors.InvalidClientIdError(request=request)
            self._handle_redirects(request)
            if "state" in repeated:
                request.state = None
            raise errors.InvalidRequestError("A parameter stands twice.", request=request)
        return super().validate_authorization_request(request)


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    """The endpoint at which devices begin (RFC 8628, 3.1); both codes are made by the use case, which stores them."""

    def validate_device_authorization_request(self, request: Request) -> None:
        self._raise_on_invalid_client(request)

    def create_device_authorization_response(
        self, uri: str, http_method: str = "POST", body: Any = None, headers: Any = None
    ) -> tuple[dict[str, str], dict[str, Any], int]:
        request = Request(uri, http_method, body, headers)
        self.validate_device_authorization_request(request)
        with raise_oauth_errors(request):
            started = start_device_authorization(application=request.client, scopes=scope_to_list(request.scope) or ())
        user_code = format_user_code(started.authorization.user_code)
        answer = {
            "device_code": started.device_code,
            "user_code": user_code,
            "verification_uri": self.verification_uri,
            "verification_uri_complete": self.verification_uri_complete(user_code),
            "expires_in": self.expires_in,
            "interval": started.authorization.interval,
        }
        return {}, answer, 200


class ConfidentialIntrospection(IntrospectEndpoint):
    """Introspection for applications with a secret: a PUBLIC one could be anybody."""

    def validate_introspect_request(self, request: Request) -> None:
        super().validate_introspect_request(request)
        if request.client.is_public:
            raise errors.InvalidClientError(request=request)


class AuthorizationServer(
    AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint, ConfidentialIntrospection, DeviceEndpoint
):
    """All endpoints, at one address of the store.

    Args:
        site_url: PUBLIC_URL or the address that the request came to; the issuer.
    """

    def __init__(self, site_url: str) -> None:
        self.site_url = site_url
        self.request_validator = validator = Validator()
        bearer = BearerToken(
            validator, sign_access_token, int(AccessToken.lifetime.total_seconds()), sign_refresh_token
        )
        own_checks = {"pre_token": [self._check_resource]}
        codes = CodeGrant(validator, post_auth=[_check_answer_form, self._check_asked_resource], **own_checks)
        grants = {
            "authorization_code": codes,
            "refresh_token": RefreshTokenGrant(validator, post_token=[_narrow_to_grant], **own_checks),
            DEVICE_GRANT: DeviceCodeGrant(validator, **own_checks),
        }
        AuthorizationEndpoint.__init__(self, "code", bearer, {"code": codes})
        TokenEndpoint.__init__(self, "authorization_code", bearer, grants)
        RevocationEndpoint.__init__(self, validator)
        IntrospectEndpoint.__init__(self, validator)
        DeviceEndpoint.__init__(  # type: ignore[call-arg]  # inherited from oauthlib, which has no types
            self,
            validator,
            verification_uri=site_url + DEVICE_PATH,
            expires_in=int(DEVICE_LIFETIME.total_seconds()),
            verification_uri_complete=f"{site_url}{DEVICE_PATH}?user_code={{user_code}}",
        )

    def validate_token_request(self, request: Request) -> None:
        super().validate_token_request(request)
        if request.grant_type is None:
            raise errors.InvalidRequestError("The grant_type is missing.", request=request)
        if request.grant_type not in self.grant_types:  # oauthlib takes "openid" for a code's
            raise errors.UnsupportedGrantTypeError(request=request)

    def validate_device_authorization_request(self, request: Request) -> None:
        super().validate_device_authorization_request(request)
        self._check_resource(request)

    def _check_resource(self, request: Request) -> None:
        """Refuse a resource that is not of this store (RFC 8707)."""
        if request.resource not in (None, self.site_url, f"{self.site_url}/mcp"):
            raise errors.CustomOAuth2Error(
                "invalid_target", "This server has no such resource.", request=request, state=request.state
            )

    def _check_asked_resource(self, request: Request) -> dict[str, Any]:
        self._check_resource(request)
        return {}


class OAuthCore(OAuthLibCore):
    """django-oauth-toolkit's core, over parameters that are read once and strictly.

    Args:
        parameters: of the form, or of the query of an authorization request.
    """

    def __init__(self, request: HttpRequest, parameters: Parameters) -> None:
        super().__init__(AuthorizationServer(build_site_url(request)))
        self._parameters = parameters

    def create_introspect_response(self, request: HttpRequest) -> tuple[dict[str, str], str, int]:
        """Return headers, body and status of an introspection, which the library's core leaves to its view."""
        uri, method, body, headers = self._extract_params(request)
        answer: tuple[dict[str, str], str, int] = self.server.create_introspect_response(uri, method, body, headers)
        return answer

    def extract_body(self, request: HttpRequest) -> Parameters:
        return self._parameters


def _narrow_to_grant(request: Request) -> None:
    """Say in the answer to a refresh what the token has, which may be less than what was asked for."""
    request.scopes = list(request.token_grant.scopes)


def _check_answer_form(request: Request) -> dict[str, Any]:
    """Refuse PKCE by any method but S256, and answers in any part of the redirect URI but its query."""
    if request.code_challenge_method != CHALLENGE_METHOD:
        raise errors.UnsupportedCodeChallengeMethodError(request=request)
    if not _CHALLENGE.fullmatch(request.code_challenge):
        raise errors.InvalidRequestError("The code_challenge is none of S256.", request=request)
    if request.response_mode not in (None, "query"):
        raise errors.InvalidRequestError("The response_mode has to be query.", request=request)
    return {}
