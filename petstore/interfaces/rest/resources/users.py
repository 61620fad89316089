"""Serve /v1/users (contract, Users)."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.email_address import EmailAddressValidator
from accounts.models import User
from accounts.queries import get_visible_user, list_open_users
from accounts.services.registration import Profile, update_user_profile
from accounts.services.sessions import sign_up
from erasure.services import erase_user
from kernel.access import UseCase
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.login_throttle import count_login_attempt, throttle_login_attempt
from petstore.interfaces.http.password_rules import MAX_PASSWORD, MIN_PASSWORD
from petstore.interfaces.http.tokens import issue_token_pair
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.fields import (
    BlankTextField,
    FlagField,
    TextField,
    TimestampField,
)
from petstore.interfaces.representation.model_rules import get_max_length, get_min_length, get_pattern_validators
from petstore.interfaces.representation.serializers import InputSerializer
from petstore.interfaces.representation.users import UserOutput
from petstore.interfaces.rest.conditional import read_expected_version, respond_with_etag
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import ApiViewSet, build_location

TAKEN = "The username or the e-mail address is taken."
NO_STORE = {"Cache-Control": "no-store"}
"""Responses with a token must not be cached (RFC 6749, 5.1)."""


class RegistrationOutput(UserOutput):
    """The new user with an access token."""

    token = TextField()
    expiresAt = TimestampField()

    class Meta:
        ref_name = "RegisteredUser"


class PreferencesInput(InputSerializer):
    """The messages that a user wants to receive; fields left out have their defaults."""

    newsletter = FlagField(default=False)
    notifications = FlagField(default=True)

    class Meta:
        ref_name = "NewPreferences"


class ProfileInput(InputSerializer):
    """The profile that a user fills in."""

    ignored: ClassVar[frozenset[str]] = frozenset(RegistrationOutput().fields)

    username = TextField(
        min_length=get_min_length(User, "username"),
        max_length=get_max_length(User, "username"),
        validators=get_pattern_validators(User, "username"),
    )
    firstName = TextField(max_length=get_max_length(User, "first_name"), trim_whitespace=True)
    lastName = TextField(max_length=get_max_length(User, "last_name"), trim_whitespace=True)
    email = TextField(max_length=get_max_length(User, "email"), validators=[EmailAddressValidator()])
    phone = BlankTextField(validators=get_pattern_validators(User, "phone"))
    preferences = PreferencesInput(required=False)

    @classmethod
    def read_profile(cls, body: dict[str, Any]) -> Profile:
        """Return the profile in a validated body."""
        preferences = body.get("preferences") or {}
        return Profile(
            email=body["email"],
            first_name=body["firstName"],
            last_name=body["lastName"],
            phone=body["phone"],
            newsletter=preferences.get("newsletter", False),
            notifications=preferences.get("notifications", True),
        )


class RegistrationInput(ProfileInput):
    """A new account."""

    password = TextField(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD, write_only=True)

    class Meta:
        ref_name = "NewUser"


class UserInput(ProfileInput):
    """A full replacement. The username may be repeated, not changed. A new password needs the current one."""

    username = TextField(max_length=get_max_length(User, "username"), required=False)
    password = TextField(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD, write_only=True, required=False)
    currentPassword = TextField(
        max_length=MAX_PASSWORD, write_only=True, required=False, help_text="The current password, to set a new one."
    )

    class Meta:
        ref_name = "UserReplacement"


class UserViewSet(ApiViewSet):
    """Accounts: anybody opens one, and changes and closes their own."""

    resource = "users"
    serializer_class = UserOutput
    use_cases: ClassVar[dict[str, UseCase]] = {
        "create": sign_up,
        "retrieve": get_visible_user,
        "update": update_user_profile,
        "close_account": erase_user,
    }

    def get_queryset(self) -> QuerySet[User]:
        return list_open_users()

    @extend_schema(
        request=RegistrationInput, responses={201: RegistrationOutput, 409: describe_conflict_response(TAKEN)}
    )
    def create(self, request: Request) -> Response:
        """Open an account. The response carries its first token."""
        body = RegistrationInput.validate_request_body(request.data)
        session = sign_up(
            username=body["username"],
            password=body["password"],
            profile=RegistrationInput.read_profile(body),
            actor=self.actor,
        )
        user, pair = session.user, issue_token_pair(session)
        data = compile_representation(UserOutput)(user) | {"token": pair.token, "expiresAt": pair.expires_at}
        headers = build_location(request, "users", user.id) | {"ETag": format_version_etag(user.version)} | NO_STORE
        return Response(data, status=201, headers=headers)

    def retrieve(self, request: Request, user_id: UUID) -> Response:
        """Get an account. Customers get their own, staff any."""
        user = get_visible_user(user_id, actor=self.actor)
        return respond_with_etag(
            request, format_version_etag(user.version), lambda: compile_representation(UserOutput)(user)
        )

    @extend_schema(request=UserInput, responses={200: UserOutput, 409: describe_conflict_response(TAKEN)})
    def update(self, request: Request, user_id: UUID) -> Response:
        """Replace one's own profile. A new password needs the current one and ends every token, this call's too."""
        body = UserInput.validate_request_body(request.data)
        with self._throttle_password_check(request, user_id, body):
            return self._apply_profile_update(request, user_id, body)

    def _throttle_password_check(
        self, request: Request, user_id: UUID, body: dict[str, Any]
    ) -> AbstractContextManager[None]:
        """Count a given current password as a log-in attempt."""
        if "currentPassword" not in body or user_id != self.actor.user_id:
            return nullcontext()
        count_login_attempt(peer_of_request(request._request))
        return throttle_login_attempt(
            peer_of_request(request._request), get_visible_user(user_id, actor=self.actor).username
        )

    def _apply_profile_update(self, request: Request, user_id: UUID, body: dict[str, Any]) -> Response:
        user = update_user_profile(
            user_id=user_id,
            profile=UserInput.read_profile(body),
            actor=self.actor,
            username=body.get("username"),
            password=body.get("password"),
            current_password=body.get("currentPassword"),
            expected_version=self._read_expected_version(request, user_id),
        )
        return Response(compile_representation(UserOutput)(user), headers={"ETag": format_version_etag(user.version)})

    @extend_schema(operation_id="deleteUser")
    def close_account(self, request: Request, user_id: UUID) -> Response:
        """Close an account for ever and erase its personal data. Its orders stay."""
        erase_user(user_id=user_id, actor=self.actor, expected_version=self._read_expected_version(request, user_id))
        return Response(status=204)

    def _read_expected_version(self, request: Request, user_id: UUID) -> int | None:
        return read_expected_version(request, lambda: get_visible_user(user_id, actor=self.actor).version)
