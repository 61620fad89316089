"""Registration of applications, changes of what is registered, and new secrets (contract, OAuth 2.0)."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from applications.digests import compute_secret_digest, make_secret
from applications.errors import HasNoSecret, TooManyApplications
from applications.models import NAME_MAX, Application
from applications.redirect_uris import check_redirect_uri
from applications.services.endings import end_narrowed_grants
from applications.services.locks import lock_application_version
from applications.services.persistence import record_application_change, save_application_values
from events.models import Action
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role
from kernel.errors import Invalid
from kernel.text import check_single_line

MAX_APPLICATIONS: Final = 50
"""Applications in one scope."""
MAX_REDIRECT_URIS: Final = 10
_CLIENT_ID_LETTERS: Final = string.ascii_lowercase + string.digits
_CLIENT_ID_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class RegisteredApplication:
    """An application that has just been given a secret.

    Attributes:
        secret: shown this once; None for a PUBLIC application.
    """

    application: Application
    secret: str | None


@requires_access(TokenScope.WRITE_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def register_application(  # noqa: PLR0913  # the parts of an application
    *,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    is_public: bool,
    is_device: bool,
    actor: Actor,
    client_id: str = "",
) -> RegisteredApplication:
    """Register an application in the current scope, ACTIVE.

    Args:
        redirect_uris: where users may be sent back to (`applications.redirect_uris`); at least one, unless it uses the
            device grant.
        scopes: what it may ask users for.
        is_public: it cannot keep a secret, and gets none.
        is_device: it may use the device grant.
        client_id: its public name; by default a new one.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, TooManyApplications
        Invalid: a value is not valid; the faults name the field.
    """
    actor.require_permission(Permission.CHANGE_APPLICATIONS)
    at = clock.now()
    actor.require_fresh_proof(at)
    secret = None if is_public else make_secret()
    application = Application(
        **_check_application_values(name, redirect_uris, scopes, is_public=is_public, is_device=is_device),
        client_id=client_id or make_client_id(),
        secret_digest=compute_secret_digest(secret) if secret else "",
        type=Application.Type.PUBLIC if is_public else Application.Type.CONFIDENTIAL,
        created_at=at,
        updated_at=at,
    )
    with transaction.atomic():
        if Application.objects.count() >= MAX_APPLICATIONS:
            raise TooManyApplications
        application.save(force_insert=True)
        names = ("name", "client_id", "type", "redirect_uris", "scopes", "is_device")
        changes = {name: [None, getattr(application, name)] for name in names}
        record_application_change(Action.APPLICATION_CREATED, application, actor, changes, at)
    return RegisteredApplication(application, secret)


@requires_access(TokenScope.WRITE_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def change_application(  # noqa: PLR0913  # the parts of an application
    *,
    application_id: UUID,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    is_device: bool,
    actor: Actor,
    expected_version: int | None = None,
) -> Application:
    """Change what an application has registered; what it may no longer ask for ends at once (`end_narrowed_grants`).

    Args:
        expected_version: the version that the caller saw.

    Raises:
        ApplicationNotFound, LoginRequired, Forbidden, FreshProofRequired, Invalid, StaleVersion
    """
    actor.require_permission(Permission.CHANGE_APPLICATIONS)
    at = clock.now()
    actor.require_fresh_proof(at)
    with transaction.atomic():
        application = lock_application_version(application_id, expected_version)
        values = _check_application_values(
            name, redirect_uris, scopes, is_public=application.is_public, is_device=is_device
        )
        changes = {field: [getattr(application, field), new] for field, new in values.items()}
        changes = {field: change for field, change in changes.items() if change[0] != change[1]}
        if not changes:
            return application
        save_application_values(application, values, at)
        changes |= end_narrowed_grants(application, changes, at)
        record_application_change(Action.APPLICATION_UPDATED, application, actor, changes, at)
    return application


@requires_access(TokenScope.WRITE_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def rotate_client_secret(
    *, application_id: UUID, actor: Actor, expected_version: int | None = None
) -> RegisteredApplication:
    """Give a CONFIDENTIAL application a new secret, shown this once; the old one is good for nothing from now on.

    Its tokens stay: without the new secret it can neither renew them nor get others.

    Raises:
        ApplicationNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
        HasNoSecret: it is PUBLIC.
    """
    actor.require_permission(Permission.CHANGE_APPLICATIONS)
    at, secret = clock.now(), make_secret()
    actor.require_fresh_proof(at)
    with transaction.atomic():
        application = lock_application_version(application_id, expected_version)
        if application.is_public:
            raise HasNoSecret
        save_application_values(application, {"secret_digest": compute_secret_digest(secret)}, at)
        record_application_change(Action.APPLICATION_UPDATED, application, actor, {"secret": [None, "a new one"]}, at)
    return RegisteredApplication(application, secret)


def make_client_id() -> str:
    """Make the public name of a new application."""
    return "".join(secrets.choice(_CLIENT_ID_LETTERS) for _ in range(_CLIENT_ID_LENGTH))


def _check_application_values(
    name: str, redirect_uris: Sequence[str], scopes: Sequence[str], *, is_public: bool, is_device: bool
) -> dict[str, Any]:
    """Check what an application registers and return it as its columns have it; raises Invalid."""
    return {
        "name": _check_name(name),
        "redirect_uris": _check_redirect_uris(redirect_uris, is_public=is_public, is_device=is_device),
        "scopes": _check_scopes(scopes),
        "is_device": is_device,
    }


def _check_name(name: str) -> str:
    check_single_line("name", name)
    stripped = name.strip()
    if not 1 <= len(stripped) <= NAME_MAX:
        raise Invalid.for_field("name", f"Give a name of 1 to {NAME_MAX} characters.", "length")
    return stripped


def _check_redirect_uris(uris: Sequence[str], *, is_public: bool, is_device: bool) -> list[str]:
    """Check the URIs; return each once, in the given order."""
    once = list(dict.fromkeys(uris))
    if not once and not is_device:
        raise Invalid.for_field(
            "redirect_uris", "Give at least one redirect URI, unless it uses the device grant.", "required"
        )
    if len(once) > MAX_REDIRECT_URIS:
        raise Invalid.for_field("redirect_uris", f"Give at most {MAX_REDIRECT_URIS} redirect URIs.", "max_length")
    for number, uri in enumerate(once, 1):
        fault = check_redirect_uri(uri, is_public=is_public)
        if fault is not None:
            raise Invalid.for_field("redirect_uris", f"{fault} (Redirect URI {number}.)", "invalid")
    return once


def _check_scopes(scopes: Sequence[str]) -> list[str]:
    """Check the scopes; return each once, in the order of the enum."""
    known = [scope.value for scope in TokenScope]
    if not scopes or not set(scopes) <= set(known):
        raise Invalid.for_field("scopes", f"Give at least one of {', '.join(known)}.", "invalid_choice")
    return [scope for scope in known if scope in scopes]
