"""The store's answers to what django-oauth-toolkit and oauthlib ask; each comes from a use case of `applications`."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn
from urllib.parse import unquote_plus

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.errors import BadToken
from applications.digests import compute_code_challenge, matches_secret_digest
from applications.errors import ApplicationNotFound, ApplicationPaused, GrantRefused
from applications.models import Application
from applications.queries import find_usable_application
from applications.redirect_uris import matches_redirect_uri
from applications.services.codes import issue_authorization_code, redeem_authorization_code
from applications.services.devices import redeem_device_code
from applications.services.sessions import TokenGrant, renew_application_session, revoke_application_token
from kernel import clock
from petstore.interfaces.http.tokens import (
    AccessToken,
    ApplicationGrant,
    RefreshToken,
    read_any_token,
    read_refresh_token,
)
from petstore.interfaces.oauth.introspection import describe_token
from tenants.scoping import tenant_scope

AUTHORIZED: Final = "authorized"
"""The status of a device code that has been allowed, as oauthlib names it."""
CHALLENGE_METHOD: Final = "S256"
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"


@contextmanager
def raise_oauth_errors(request: Request) -> Iterator[None]:
    """Raise the refusals of use cases as oauthlib's errors, in the application's tenant."""
    try:
        with tenant_scope(request.client.tenant_id):
            yield
    except GrantRefused as error:
        raise errors.CustomOAuth2Error(error.error, description=error.detail, request=request) from error
    except (ApplicationNotFound, ApplicationPaused) as error:
        raise errors.InvalidClientError(request=request) from error


class Validator(OAuth2Validator):
    """The validator for one request.

    `request.client` is an `applications.models.Application`; `request.token_grant` the `TokenGrant` that a use case
    gave, from which the tokens are signed.
    """

    def client_authentication_required(self, request: Request, *_args: Any, **_kwargs: Any) -> bool:
        """Return True: `authenticate_client` knows how PUBLIC applications say who they are, too."""
        return True

    def authenticate_client(self, request: Request, *_args: Any, **_kwargs: Any) -> bool:
        """Find the application that asks, by Basic, by its secret in the body, or, if PUBLIC, by its name alone.

        Raises:
            InvalidRequestError: it says who it is in two ways (RFC 6749, 2.3).
        """
        header = request.headers.get("HTTP_AUTHORIZATION")
        if header is not None and request.client_secret is not None:
            raise errors.InvalidRequestError("Authenticate by Basic or in the body, not by both.", request=request)
        client_id, secret = request.client_id, request.client_secret
        if header is not None:
            basic = read_basic_credentials(header)
            if basic is None or client_id not in (None, basic[0]):
                return False
            client_id, secret = basic
        application = find_usable_application(client_id or "")
        if application is None or not _is_authentic(application, secret):
            return False
        request.client, request.client_id = application, application.client_id
        return True

    def authenticate_client_id(self, client_id: str | None, request: Request, *_args: Any, **_kwargs: Any) -> bool:
        """Return False: oauthlib asks for it only where no authentication is required, which is nowhere."""
        return False

    def validate_client_id(self, client_id: str, request: Request, *_args: Any, **_kwargs: Any) -> bool:
        """Find the application that sends a user to the authorization endpoint, where nobody authenticates."""
        request.client = find_usable_application(client_id)
        return request.client is not None

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Application, request: Request, *_args: Any, **_kwargs: Any
    ) -> bool:
        return grant_type != DEVICE_GRANT or client.is_device

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Request, *_args: Any, **_kwargs: Any
    ) -> bool:
        return matches_redirect_uri(redirect_uri, request.client.redirect_uris)

    def get_default_redirect_uri(self, client_id: str, request: Request, *_args: Any, **_kwargs: Any) -> str | None:
        """Return the redirect URI where only one is registered."""
        registered: list[str] = request.client.redirect_uris
        return registered[0] if len(registered) == 1 else None

    def validate_response_type(
        self, client_id: str, response_type: str, client: Application, request: Request, *_args: Any, **_kwargs: Any
    ) -> bool:
        if response_type != "code":
            raise errors.UnsupportedResponseTypeError(request=request)
        return True

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: Application, request: Request, *_args: Any, **_kwargs: Any
    ) -> bool:
        return bool(scopes) and set(scopes) <= set(client.scopes)

    def get_default_scopes(self, client_id: str, request: Request, *_args: Any, **_kwargs: Any) -> list[str]:
        """Return none: an application says what it wants."""
        return []

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *_args: Any, **_kwargs: Any
    ) -> None:
        """Issue the code, in place of the one that oauthlib has drawn."""
        with raise_oauth_errors(request):
            code["code"] = issue_authorization_code(
                application=request.client,
                user=request.user,
                redirect_uri="" if request.using_default_redirect_uri else request.redirect_uri,
                scopes=request.scopes,
                code_challenge=request.code_challenge,
                actor=request.actor,
            )

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Request, *_args: Any, **_kwargs: Any
    ) -> bool:
        """Redeem the code, with all that it is bound to, in one transaction."""
        if request.code_verifier is None:
            raise errors.MissingCodeVerifierError(request=request)
        with raise_oauth_errors(request):
            granted = redeem_authorization_code(
                application=client,
                code=code,
                redirect_uri=request.redirect_uri or "",
                code_verifier=request.code_verifier,
            )
        _remember_grant(request, granted)
        return True

    def get_code_challenge(self, code: str, request: Request) -> str:
        """Return the challenge of the verifier, which `validate_code` has compared with the stored one."""
        return compute_code_challenge(request.code_verifier)

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return CHALLENGE_METHOD

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Application, *_args: Any, **_kwargs: Any
    ) -> bool:
        """Return True: `validate_code` has compared it."""
        return True

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *_args: Any, **_kwargs: Any
    ) -> None:
        """Do nothing: `validate_code` has used it up."""

    def validate_device_code(self, client_id: str, device_code: str, request: Request, *_args: Any) -> str:
        """Redeem the device code."""
        with raise_oauth_errors(request):
            _remember_grant(request, redeem_device_code(application=request.client, device_code=device_code))
        return AUTHORIZED

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *_args: Any, **_kwargs: Any
    ) -> bool:
        """Use up the refresh token; what scopes are asked for counts before it is used."""
        try:
            claims = read_refresh_token(refresh_token)
        except BadToken:
            return False
        asked = request.scope.split() if request.scope else None
        with raise_oauth_errors(request):
            granted = renew_application_session(application=client, claims=claims, scopes=asked)
        _remember_grant(request, granted)
        return True

    def get_original_scopes(self, refresh_token: str, request: Request, *_args: Any, **_kwargs: Any) -> list[str]:
        return list(request.token_grant.scopes)

    def is_within_original_scope(
        self, request_scopes: Sequence[str], refresh_token: str, request: Request, *_args: Any, **_kwargs: Any
    ) -> bool:
        """Return True: `validate_refresh_token` has compared them with what was granted."""
        return True

    def rotate_refresh_token(self, request: Request) -> bool:
        return True

    def save_bearer_token(self, token: dict[str, Any], request: Request, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing: tokens are signed, and their session is stored."""

    def revoke_token(
        self, token: str, token_type_hint: str | None, request: Request, *_args: Any, **_kwargs: Any
    ) -> None:
        claims = read_any_token(token)
        if claims is not None:
            with tenant_scope(request.client.tenant_id):
                revoke_application_token(application=request.client, claims=claims)

    def introspect_token(
        self, token: str, token_type_hint: str | None, request: Request, *_args: Any, **_kwargs: Any
    ) -> dict[str, Any] | None:
        with tenant_scope(request.client.tenant_id):
            return describe_token(token)

    def validate_bearer_token(self, token: str, scopes: Sequence[str], request: Request) -> NoReturn:
        """Raise: tokens open the API by `petstore.interfaces.calls` and in no other way."""
        raise NotImplementedError

    def is_origin_allowed(self, client_id: str, origin: str, request: Request, *_args: Any, **_kwargs: Any) -> bool:
        """Return False: which pages may call is a setting, CORS_ALLOWED_ORIGINS."""
        return False


def sign_access_token(request: Request) -> str:
    """Return the access token of the grant, as oauthlib's token generator."""
    granted: TokenGrant = request.token_grant
    grant = ApplicationGrant(granted.client_id, granted.scopes)
    return str(AccessToken.for_session(granted.session, clock.now(), grant))


def sign_refresh_token(request: Request) -> str:
    """Return the refresh token of the grant, which keeps all scopes that were granted (RFC 6749, 6)."""
    granted: TokenGrant = request.token_grant
    grant = ApplicationGrant(granted.client_id, granted.family_scopes)
    return str(RefreshToken.for_session(granted.session, clock.now(), grant))


def read_basic_credentials(header: str) -> tuple[str, str] | None:
    """Return name and secret of an Authorization header, both form-encoded inside (RFC 6749, 2.3.1); None if bad."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        decoded = unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, UnicodeError):
        return None
    return decoded if colon else None


def _is_authentic(application: Application, secret: str | None) -> bool:
    if application.is_public:
        return secret is None
    return secret is not None and matches_secret_digest(secret, application.secret_digest)


def _remember_grant(request: Request, granted: TokenGrant) -> None:
    request.token_grant = granted
    request.user, request.scopes = granted.session.user, list(granted.scopes)
