"""/v1/auth/tokens: log in, renew, log out (contract, Users; guarantees, G12)."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.models import LoginSession
from accounts.services.sessions import log_in, renew_login_session, revoke_login_session
from kernel.access import UseCase
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.login_throttle import throttle_login_attempt
from petstore.interfaces.http.tokens import issue_token_pair, read_any_token, read_refresh_token
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.fields import TextField, TimestampField
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.resources.users import NO_STORE
from petstore.interfaces.rest.viewsets import ApiViewSet

MAX_CREDENTIAL = 1024
MAX_TOKEN = 8192


class CredentialsInput(InputSerializer):
    """Username and password."""

    username = TextField(max_length=MAX_CREDENTIAL)
    password = TextField(max_length=MAX_CREDENTIAL, write_only=True)

    class Meta:
        ref_name = "Credentials"


class RefreshInput(InputSerializer):
    """A refresh token, which this call spends."""

    refreshToken = TextField(max_length=MAX_TOKEN)

    class Meta:
        ref_name = "Refresh"


class RevocationInput(InputSerializer):
    """An access token or a refresh token."""

    token = TextField(max_length=MAX_TOKEN)

    class Meta:
        ref_name = "Revocation"


class TokenOutput(OutputSerializer):
    """A bearer token, when it ends, and the token that renews it once."""

    token = TextField()
    expiresAt = TimestampField(source="expires_at")
    refreshToken = TextField(source="refresh_token")

    class Meta:
        ref_name = "Tokens"


class AuthViewSet(ApiViewSet):
    """Log-in sessions, for callers without a token in every tenant."""

    resource = "auth"
    serializer_class = TokenOutput
    without_body: ClassVar[frozenset[str]] = frozenset({"revoke_token"})
    use_cases: ClassVar[dict[str, UseCase]] = {
        "log_in": log_in,
        "refresh_tokens": renew_login_session,
        "revoke_token": revoke_login_session,
    }

    @extend_schema(operation_id="createToken", request=CredentialsInput, responses={200: TokenOutput})
    def log_in(self, request: Request) -> Response:
        """Exchange username and password for tokens that are good in this scope."""
        body = CredentialsInput.validate_request_body(request.data)
        with throttle_login_attempt(peer_of_request(request._request), body["username"]):
            return _respond_with_tokens(log_in(username=body["username"], password=body["password"], actor=self.actor))

    @extend_schema(operation_id="refreshToken", request=RefreshInput, responses={200: TokenOutput})
    def refresh_tokens(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair. A second use ends the whole log-in."""
        body: dict[str, Any] = RefreshInput.validate_request_body(request.data)
        return _respond_with_tokens(renew_login_session(claims=read_refresh_token(body["refreshToken"])))

    @extend_schema(operation_id="revokeToken", request=RevocationInput, responses={204: None})
    def revoke_token(self, request: Request) -> Response:
        """End the log-in that a token came of; a token that is no good any more is no error (RFC 7009)."""
        claims = read_any_token(RevocationInput.validate_request_body(request.data)["token"])
        if claims is not None:
            revoke_login_session(claims=claims)
        return Response(status=204)


def _respond_with_tokens(session: LoginSession) -> Response:
    return Response(compile_representation(TokenOutput)(issue_token_pair(session)), headers=NO_STORE)
