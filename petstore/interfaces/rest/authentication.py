"""Authenticate a request by its bearer token: simplejwt's DRF class over our claims (contract, Authentication)."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import HTTP_HEADER_ENCODING
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.claims import Claims
from accounts.queries import Principal, authenticate_token_bearer
from kernel.caller import Credentials
from petstore.interfaces.http.tokens import read_access_token


class BearerAuthentication(JWTAuthentication):
    """Put the token's user, as the open tenant knows them, on `request.user`, and the claims on `request.auth`."""

    def get_raw_token(self, header: bytes) -> bytes:
        """Return the token. A header of another scheme is a bad token, where simplejwt would take it for none."""
        credentials = Credentials.from_authorization_header(header.decode(HTTP_HEADER_ENCODING))
        return (credentials.token or "").encode(HTTP_HEADER_ENCODING)

    def get_validated_token(self, raw_token: bytes) -> Claims:  # type: ignore[override]  # simplejwt returns its token
        """Return the claims, which are remembered since the request was counted; raises BadToken."""
        return read_access_token(raw_token.decode(HTTP_HEADER_ENCODING))

    def get_user(self, validated_token: Claims) -> Principal:  # type: ignore[override]  # our users depend on the tenant
        """Return who the user is in the open tenant, by one query; raises BadToken, ForeignToken."""
        return authenticate_token_bearer(validated_token)

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
            "description": "A token from `POST /v1/auth/tokens`, good for 24 hours.",
        }
