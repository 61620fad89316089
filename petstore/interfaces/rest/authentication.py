"""Authenticate a request by its bearer token: simplejwt's DRF class over our claims (contract, Authentication)."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.claims import Claims
from accounts.entrances import Entrance
from accounts.queries import Principal
from petstore.interfaces.calls import read_token_claims
from petstore.interfaces.http.callers import credentials_of_request


class BearerAuthentication(JWTAuthentication):
    """Put the token's user, as the open tenant knows them, on `request.user`, and the claims on `request.auth`."""

    def __init__(self) -> None:
        """Leave out simplejwt's look-up of the user model: users depend on the tenant."""

    def authenticate(self, request: Request) -> tuple[Principal, Claims] | None:  # type: ignore[override]  # simplejwt's gives a User
        """Authenticate by the claims, which were verified when the request was counted.

        Raises:
            BadToken: also for a header of another scheme, which simplejwt would take for none.
            ForeignToken
        """
        claims = read_token_claims(credentials_of_request(request._request))
        if claims is None:
            return None
        entrance: Entrance = vars(request._request)["entrance"]
        return entrance.authenticate_bearer(claims), claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    """Describe the authentication in OpenAPI."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token from `POST /v1/auth/tokens`, good for 24 hours, which has all scopes of its user.",
        }
