"""The authorization endpoint below its page: what an application asks for, and the answer that is sent back to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.models import User
from applications.models import Application
from kernel.actor import Actor
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.oauth.parameters import BadParameters, parse_parameters
from petstore.interfaces.oauth.server import AuthorizationServer


class UnsafeAuthorization(Exception):
    """The application or its redirect URI is in doubt: a page says so, with status 400, and nobody is sent anywhere."""


class AuthorizationRefused(Exception):
    """The request is refused, and the application is told.

    Attributes:
        location: where the browser goes: the redirect URI with `error`, `error_description`, `state` and `iss`.
    """

    def __init__(self, location: str) -> None:
        super().__init__("The authorization request is refused.")
        self.location = location


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request of an application for a code, checked.

    Attributes:
        application: its tenant says where the user logs in; open `tenant_scope(application.tenant_id)`.
        redirect_uri: where the answer goes, also where the request left it out.
        scopes: what is asked for.
        prompt: `consent` or whatever else the request says.
        uri: path and query, as they were checked.
        issuer: the address of this store.
    """

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    prompt: str | None
    uri: str
    issuer: str


def read_authorization_request(request: HttpRequest) -> AuthorizationRequest:
    """Check the query of a request to the authorization endpoint, for GET and for the POST of the consent form alike.

    Raises:
        UnsafeAuthorization, AuthorizationRefused
    """
    issuer = build_site_url(request)
    try:
        parameters = parse_parameters(request.META.get("QUERY_STRING", "").encode("latin-1"))
    except BadParameters as error:
        raise UnsafeAuthorization(str(error)) from error
    uri = f"{request.path}?{urlencode(parameters)}"
    try:
        scopes, asked = AuthorizationServer(issuer).validate_authorization_request(uri)
    except errors.FatalClientError as error:
        raise UnsafeAuthorization(error.description or "The application is not known here.") from error
    except errors.OAuth2Error as error:
        raise AuthorizationRefused(_build_error_location(error.redirect_uri, error, issuer)) from error
    found: Request = asked["request"]
    return AuthorizationRequest(
        application=found.client,
        redirect_uri=found.redirect_uri,
        scopes=tuple(scopes),
        state=found.state,
        prompt=found.prompt,
        uri=uri,
        issuer=issuer,
    )


def allow_authorization(asked: AuthorizationRequest, *, user: User, scopes: Iterable[str], actor: Actor) -> str:
    """Issue a code and return where the browser goes with it; the user's consent has been recorded before.

    Args:
        scopes: what the user allows of what is asked for.

    Raises:
        AuthorizationRefused: it cannot be granted; UnsafeAuthorization: the application has gone meanwhile.
    """
    server = AuthorizationServer(asked.issuer)
    try:
        headers, _, _ = server.create_authorization_response(
            asked.uri, scopes=list(scopes), credentials={"user": user, "actor": actor}
        )
    except errors.FatalClientError as error:
        raise UnsafeAuthorization(error.description or "The application is not known here.") from error
    except errors.OAuth2Error as error:
        raise AuthorizationRefused(_build_error_location(asked.redirect_uri, error, asked.issuer)) from error
    code = parse_qs(urlsplit(headers["Location"]).query)["code"][-1]
    state = [] if asked.state is None else [("state", asked.state)]
    return _append_parameters(asked.redirect_uri, [("code", code), *state, ("iss", asked.issuer)])


def deny_authorization(asked: AuthorizationRequest) -> str:
    """Return where the browser goes when the user has denied the request."""
    return _build_error_location(asked.redirect_uri, errors.AccessDeniedError(state=asked.state), asked.issuer)


def refuse_authorization(asked: AuthorizationRequest, error: str, description: str) -> NoReturn:
    """Raise AuthorizationRefused for a reason that lies in who is, or is not, logged in."""
    reason = errors.CustomOAuth2Error(error, description=description, state=asked.state)
    raise AuthorizationRefused(_build_error_location(asked.redirect_uri, reason, asked.issuer))


def _build_error_location(redirect_uri: str, error: errors.OAuth2Error, issuer: str) -> str:
    return _append_parameters(redirect_uri, [*error.twotuples, ("iss", issuer)])


def _append_parameters(redirect_uri: str, parameters: Sequence[tuple[str, str]]) -> str:
    """Add parameters to a redirect URI; a query that it has stays as it was registered (RFC 6749, 3.1.2)."""
    _, question_mark, query = redirect_uri.partition("?")
    separator = ("&" if query else "") if question_mark else "?"
    return f"{redirect_uri}{separator}{urlencode(parameters)}"
