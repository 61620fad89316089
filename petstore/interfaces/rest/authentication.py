"""Who calls: a bearer token, verified once a request (contract, Authentication; RFC 6750)."""

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.errors import BadToken
from accounts.queries import Principal, authenticate_bearer
from accounts.tokens import Claims, read_access
from kernel.actor import Actor
from petstore.interfaces.http.client_ip import client_address


def bearer_claims(request: HttpRequest) -> Claims | None:
    """The claims of the request's token, or None where it has none; remembered on the request.

    Raises:
        BadToken: the header is there, but holds no good bearer token.
    """
    notes = vars(request)
    if "bearer_claims" not in notes:
        notes["bearer_claims"] = _read(request)
    claims: Claims | None = notes["bearer_claims"]
    return claims


def _read(request: HttpRequest) -> Claims | None:
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BadToken
    return read_access(token.strip())


class BearerAuthentication(BaseAuthentication):
    """Puts the bearer's standing in the scope on `request.auth`; one query."""

    def authenticate(self, request: Request) -> tuple[Principal, Principal] | None:
        claims = bearer_claims(request._request)
        if claims is None:
            return None
        here = authenticate_bearer(claims)
        return here, here

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    """How OpenAPI describes it."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token from `POST /v1/auth/tokens`, good for 24 hours.",
        }


def actor_of(request: Request) -> Actor:
    """The actor that the use cases get and the journal records; remembered on the request."""
    notes = vars(request._request)
    here: Principal | None = request.auth  # type: ignore[assignment]  # our own authentication put it there
    if "actor" not in notes:
        notes["actor"] = Actor(
            user_id=here.user_id if here else None,
            role=here.role if here else None,
            ip_address=client_address(request._request),
            request_id=notes.get("request_id", ""),
            permissions=here.permissions if here else frozenset(),
            proved_at=here.proved_at if here else None,
        )
    actor: Actor = notes["actor"]
    return actor
