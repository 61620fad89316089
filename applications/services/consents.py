"""Consents: users allow applications to act for them, and withdraw it (contract, OAuth 2.0)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from applications.errors import ConsentNotFound, InvalidGrantScope
from applications.models import Application, Consent
from applications.queries import narrow_to_user
from applications.scopes import join_scopes
from applications.services.locks import lock_active_application, lock_application
from applications.services.sessions import end_application_grants
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.access import requires_access
from kernel.actor import Actor
from kernel.errors import Forbidden, LoginRequired


@requires_access(is_closed_to_applications=True)
def grant_consent(*, application: Application, user: User, scopes: Iterable[str], actor: Actor) -> Consent:
    """Allow an application these scopes, beside those allowed before; what the user's role cannot give is left out.

    Raises:
        LoginRequired, Forbidden: the actor is not this user.
        ApplicationNotFound, ApplicationPaused
        InvalidGrantScope: nothing is left that the user could give.
    """
    require_oneself(user, actor)
    with transaction.atomic():
        locked = lock_active_application(application)
        given = narrow_to_user(locked, user, scopes)
        if not given:
            raise InvalidGrantScope("Your account can give none of these rights.")
        consent = Consent.objects.filter(application=locked, user=user).first()
        if consent is None:
            consent = Consent(application=locked, user=user)
        consent.scopes = list(join_scopes(consent.scopes, given))
        consent.granted_at = clock.now()
        consent.save()
        _record_consent_event(Action.CONSENT_GRANTED, locked, given, actor, consent.granted_at)
    return consent


@requires_access(is_closed_to_applications=True)
def withdraw_consent(*, consent_id: UUID, actor: Actor) -> None:
    """Take back what the actor has allowed an application; all tokens that it has for them end at once.

    Raises:
        LoginRequired
        ConsentNotFound: the actor has given no such consent.
    """
    user_id = require_user(actor)
    at = clock.now()
    with transaction.atomic():
        own = Consent.objects.filter(pk=consent_id, user_id=user_id)
        consent = own.select_related("application").first()
        if consent is None:
            raise ConsentNotFound
        lock_application(consent.application)
        deleted, _ = own.delete()
        if not deleted:
            raise ConsentNotFound
        end_application_grants(application_id=consent.application_id, at=at, user_id=consent.user_id)
        _record_consent_event(Action.CONSENT_WITHDRAWN, consent.application, consent.scopes, actor, at)


def find_missing_scopes(application: Application, user: User, scopes: Iterable[str]) -> tuple[str, ...]:
    """Return those of the scopes that the user could give and has not allowed the application yet."""
    consent = Consent.objects.filter(application=application, user=user).first()
    allowed = () if consent is None else consent.scopes
    return tuple(scope for scope in narrow_to_user(application, user, scopes) if scope not in allowed)


def require_user(actor: Actor) -> UUID:
    """Return the id of the user who acts by their own log-in; raises LoginRequired or Forbidden."""
    actor.require_own_login()
    if actor.user_id is None:
        raise LoginRequired
    return actor.user_id


def require_oneself(user: User, actor: Actor) -> None:
    """Raise LoginRequired or Forbidden unless the actor is this user, by their own log-in."""
    if require_user(actor) != user.pk:
        raise Forbidden("Only the owner of the account can allow this.")


def _record_consent_event(
    action: Action, application: Application, scopes: Iterable[str], actor: Actor, at: datetime
) -> None:
    details = {"client_id": application.client_id, "scopes": list(scopes)}
    record_event(
        action,
        entity_type=EntityType.APPLICATIONS,
        entity_id=application.pk,
        actor=actor,
        at=at,
        details=details,
    )
