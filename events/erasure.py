"""Erasure in the journal: origins of requests, and free text about people (guarantees, G16 and G22).

The hash chain stays whole: a removed part is in it as a digest whose salt is removed, too (`events.chain_links`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from events.hash_chain import lock_hash_chain
from events.models import FREE_TEXT_FIELDS, AuditEvent, AuditEventQuerySet, ChainLink, PendingEvent
from kernel import clock
from tenants.models import Tenant
from tenants.scoping import TenantQuerySet, all_tenants, tenant_scope

MAX_EVENTS_PER_BATCH = 1000
REASON = "addresses of every tenant are removed in time"


def erase_free_text(entity_ids: Collection[UUID]) -> None:
    """Remove the free text about these entities of the scope, and the origins of anonymous requests about them.

    Call it in a transaction. The events themselves stay: ids, actions and times.
    """
    lock_hash_chain()
    about = AuditEvent.objects.filter(entity_id__in=entity_ids)
    _remove_free_text(_list_event_ids(about.filter(details__has_any_keys=FREE_TEXT_FIELDS)))
    _remove_origins(_list_event_ids(_events_with_origin(about.filter(actor_id=None))))


def erase_actor_origins(actor_id: UUID) -> None:
    """Remove the origins of a person's requests, in every tenant in which they acted. Call it in a transaction."""
    lock_hash_chain()
    with all_tenants(reason="staff act in several tenants"):
        tenant_ids = list(Tenant.objects.values_list("pk", flat=True))
    for tenant_id in tenant_ids:  # by the index of actors, which begins with the tenant
        with tenant_scope(tenant_id):
            _remove_origins(_list_event_ids(_events_with_origin(AuditEvent.objects.filter(actor_id=actor_id))))


def purge_origins(*, older_than: timedelta, dry_run: bool) -> int:
    """Remove address and request id from events that are older than that; return how many.

    Args:
        dry_run: only count them.
    """
    latest = clock.now() - older_than
    with all_tenants(reason=REASON):
        if dry_run:
            return int(_links_sealed_before(latest).count()) + len(_quarantined_before(latest))
        number = 0
        while events := _oldest_with_origin(latest):
            with transaction.atomic():
                lock_hash_chain()
                _remove_origins(events)
            number += len(events)
        return number


def _oldest_with_origin(latest: datetime) -> list[UUID]:
    sealed = _links_sealed_before(latest).order_by("position").values_list("event_id", flat=True)[:MAX_EVENTS_PER_BATCH]
    return list(sealed) or _quarantined_before(latest)


def _links_sealed_before(latest: datetime) -> TenantQuerySet[ChainLink]:
    """Filter links whose event still has its origin, by their index: a link is about as old as its event."""
    seals: TenantQuerySet[ChainLink] = ChainLink.objects.exclude(origin_salt="").filter(sealed_at__lt=latest)
    return seals


def _quarantined_before(latest: datetime) -> list[UUID]:
    """List the few events that were never sealed, because they could not be read."""
    waiting = PendingEvent.objects.filter(quarantined_at__lt=latest).values("event_id")
    return _list_event_ids(_events_with_origin(AuditEvent.objects.filter(pk__in=waiting, created_at__lt=latest)))


def _events_with_origin(events: AuditEventQuerySet) -> AuditEventQuerySet:
    return events.exclude(ip_address=None, request_id="")


def _list_event_ids(events: AuditEventQuerySet) -> list[UUID]:
    return list(events.order_by().values_list("pk", flat=True))


def _remove_origins(event_ids: Collection[UUID]) -> None:
    AuditEvent.objects.filter(pk__in=event_ids).remove_origins()
    ChainLink.objects.filter(event_id__in=event_ids).exclude(origin_salt="").update(origin_salt="")


def _remove_free_text(event_ids: Collection[UUID]) -> None:
    AuditEvent.objects.filter(pk__in=event_ids).remove_free_text()
    ChainLink.objects.filter(event_id__in=event_ids).exclude(free_text_salt="").update(free_text_salt="")
