"""Endpoints: subscribe, change, pause and delete them, and rotate their secrets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role
from kernel.errors import Invalid, StaleVersion
from outbound.client import parse_target_url
from public_events.event_types import EventType
from webhooks.encryption import encrypt_secret
from webhooks.errors import EndpointNotFound, TooManyEndpoints
from webhooks.models import Delivery, Endpoint
from webhooks.services.purge import delete_deliveries
from webhooks.signatures import generate_webhook_secret

MAX_ENDPOINTS = 50
"""Endpoints in one scope: each event is delivered to every one of them."""
SECRET_OVERLAP = timedelta(hours=24)
"""Time for which both secrets sign, after a change."""


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def create_endpoint(*, url: str, events: Sequence[str], actor: Actor) -> Endpoint:
    """Send these events to a URL from now on. Its `secret` signs them, and is shown this once.

    Raises:
        LoginRequired, Forbidden, TooManyEndpoints
        UnsafeUrl: nothing can be sent there.
        Invalid: an event is unknown, or there is none.
    """
    actor.require_permission(Permission.CHANGE_WEBHOOKS)
    parse_target_url(url)
    at = clock.now()
    secret = encrypt_secret(generate_webhook_secret())
    endpoint = Endpoint(
        url=url, events=_check_event_types(events), encrypted_secret=secret, created_at=at, updated_at=at
    )
    with transaction.atomic():
        if Endpoint.objects.filter(kind=Endpoint.Kind.SUBSCRIPTION).count() >= MAX_ENDPOINTS:
            raise TooManyEndpoints
        endpoint.save(force_insert=True)
        changes = {"url": [None, endpoint.url], "events": [None, endpoint.events]}
        _record_change(Action.WEBHOOK_CREATED, endpoint, actor, changes, at)
    return endpoint


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def update_endpoint(  # noqa: PLR0913  # the parts of a PUT
    *,
    endpoint_id: UUID,
    url: str,
    events: Sequence[str],
    status: str,
    actor: Actor,
    expected_version: int | None = None,
) -> Endpoint:
    """Change an endpoint's URL, events and status. While it is PAUSED, its deliveries wait.

    Made ACTIVE again, its failures are forgotten, and deliveries that were to be retried later are due now.

    Args:
        status: ACTIVE or PAUSED.
        expected_version: the version that the caller saw, from If-Match.

    Raises:
        EndpointNotFound, LoginRequired, Forbidden, UnsafeUrl, Invalid, StaleVersion
    """
    actor.require_permission(Permission.CHANGE_WEBHOOKS)
    values: dict[str, Any] = {"url": url, "events": _check_event_types(events), "status": _check_status(status)}
    at = clock.now()
    with transaction.atomic():
        endpoint = _lock_endpoint(endpoint_id, expected_version)
        changes = {name: [getattr(endpoint, name), new] for name, new in values.items()}
        changes = {name: change for name, change in changes.items() if change[0] != change[1]}
        if "url" in changes or status == Endpoint.Status.ACTIVE:  # what nothing may be sent to can still be paused
            parse_target_url(url)
        if "status" in changes:
            values |= _pause_values() if status == Endpoint.Status.PAUSED else _resume_endpoint_values(endpoint, at)
        _save_new_values(endpoint, values, at)
        _record_change(_choose_audit_action(changes), endpoint, actor, changes, at)
    return endpoint


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def rotate_secret(*, endpoint_id: UUID, actor: Actor, expected_version: int | None = None) -> Endpoint:
    """Give an endpoint a new `secret`, shown this once; for a day the old one signs, too.

    Source: Standard Webhooks, Signature scheme.

    Raises:
        EndpointNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
    """
    actor.require_permission(Permission.CHANGE_WEBHOOKS)
    at = clock.now()
    actor.require_fresh_proof(at)
    with transaction.atomic():
        endpoint = _lock_endpoint(endpoint_id, expected_version)
        secrets = {
            "encrypted_secret": encrypt_secret(generate_webhook_secret()),
            "encrypted_previous_secret": endpoint.encrypted_secret,
            "previous_secret_until": at + SECRET_OVERLAP,
        }
        _save_new_values(endpoint, secrets, at)
        _record_change(Action.WEBHOOK_UPDATED, endpoint, actor, {"secret": [None, "a new one"]}, at)
    return endpoint


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def delete_endpoint(*, endpoint_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Delete an endpoint with its deliveries, waiting and sent.

    Raises:
        EndpointNotFound, LoginRequired, Forbidden, StaleVersion
    """
    actor.require_permission(Permission.CHANGE_WEBHOOKS)
    at = clock.now()
    with transaction.atomic():
        endpoint = _lock_endpoint(endpoint_id, expected_version)
        delete_deliveries(Delivery.objects.filter(endpoint=endpoint))
        endpoint.delete()
        endpoint.id = endpoint_id
        _record_change(Action.WEBHOOK_DELETED, endpoint, actor, {"url": [endpoint.url, None]}, at)


def _check_event_types(events: Sequence[str]) -> list[str]:
    """Check the types; return each once, in the order of the enum."""
    if not events or not set(events) <= set(EventType.values):
        raise Invalid.for_field("events", f"Give at least one of {', '.join(EventType.values)}.", "invalid_choice")
    return [name for name in EventType.values if name in events]


def _check_status(text: str) -> str:
    if text not in Endpoint.Status.values:
        raise Invalid.for_field("status", f"Give one of {', '.join(Endpoint.Status.values)}.", "invalid_choice")
    return text


def _pause_values() -> dict[str, Any]:
    return {"pause_reason": Endpoint.PauseReason.ASKED}


def _resume_endpoint_values(endpoint: Endpoint, at: datetime) -> dict[str, Any]:
    Delivery.objects.filter(endpoint=endpoint, due_at__gt=at, claim__isnull=True).update(due_at=at)
    return {"pause_reason": "", "failures": 0, "backoff_until": None}


def _lock_endpoint(endpoint_id: UUID, expected_version: int | None) -> Endpoint:
    rows = Endpoint.objects.select_for_update(no_key=True).filter(kind=Endpoint.Kind.SUBSCRIPTION)
    endpoint: Endpoint | None = rows.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise EndpointNotFound
    if expected_version is not None and endpoint.version != expected_version:
        raise StaleVersion
    return endpoint


def _save_new_values(endpoint: Endpoint, values: dict[str, Any], at: datetime) -> None:
    for name, value in (values | {"version": endpoint.version + 1, "updated_at": at}).items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=[*values, "version", "updated_at"])


def _choose_audit_action(changes: dict[str, list[Any]]) -> Action:
    is_paused = changes.get("status", [None, None])[1] == Endpoint.Status.PAUSED
    return Action.WEBHOOK_PAUSED if is_paused else Action.WEBHOOK_UPDATED


def _record_change(action: Action, endpoint: Endpoint, actor: Actor, changes: dict[str, Any], at: datetime) -> None:
    details = {"changes": changes}
    record_event(action, entity_type=EntityType.WEBHOOKS, entity_id=endpoint.id, actor=actor, at=at, details=details)
