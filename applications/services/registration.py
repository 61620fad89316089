"""Registration of applications (contract, OAuth 2.0)."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from applications.digests import compute_secret_digest, make_secret
from applications.errors import TooManyApplications
from applications.models import NAME_MAX, Application
from applications.redirect_uris import check_redirect_uri
from events.models import Action, EntityType
from events.services import record_event
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
) -> RegisteredApplication:
    """Register an application in the current scope, ACTIVE.

    Args:
        redirect_uris: where users may be sent back to (`applications.redirect_uris`); at least one, unless it uses the
            device grant.
        scopes: what it may ask users for.
        is_public: it cannot keep a secret, and gets none.
        is_device: it may use the device grant.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, TooManyApplications
        Invalid: a value is not valid; the faults name the field.
    """
    actor.require_permission(Permission.CHANGE_APPLICATIONS)
    at = clock.now()
    actor.require_fresh_proof(at)
    values = check_application_values(
        name=name, redirect_uris=redirect_uris, scopes=scopes, is_public=is_public, is_device=is_device
    )
    secret = None if is_public else make_secret()
    application = Application(
        **values,
        client_id=make_client_id(),
        secret_digest=compute_secret_digest(secret) if secret else "",
        type=Application.Type.PUBLIC if is_public else Application.Type.CONFIDENTIAL,
        created_at=at,
        updated_at=at,
    )
    with transaction.atomic():
        if Application.objects.count() >= MAX_APPLICATIONS:
            raise TooManyApplications
        application.save(force_insert=True)
        changes = {field: [None, value] for field, value in {**values, "type": application.type}.items()}
        record_application_change(Action.APPLICATION_CREATED, application, actor, changes, at)
    return RegisteredApplication(application, secret)


def make_client_id() -> str:
    """Make the public name of a new application."""
    return "".join(secrets.choice(_CLIENT_ID_LETTERS) for _ in range(_CLIENT_ID_LENGTH))


def check_application_values(
    *, name: str, redirect_uris: Sequence[str], scopes: Sequence[str], is_public: bool, is_device: bool
) -> dict[str, Any]:
    """Check the values of an application and return them as its columns have them; raises Invalid."""
    return {
        "name": _check_name(name),
        "redirect_uris": _check_redirect_uris(redirect_uris, is_public=is_public, is_device=is_device),
        "scopes": _check_scopes(scopes),
        "is_device": is_device,
    }


def record_application_change(
    action: Action, application: Application, actor: Actor, changes: dict[str, list[Any]], at: datetime
) -> None:
    """Record a change of an application: each field's value before and after."""
    record_event(
        action,
        entity_type=EntityType.APPLICATIONS,
        entity_id=application.id,
        actor=actor,
        at=at,
        details={"changes": changes},
    )


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
