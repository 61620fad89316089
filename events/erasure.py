"""Forgetting in the journal: where requests came from, and what was written about people (guarantees, G16 and G22).

The hash chain stays whole: what is removed is in it as a digest whose salt goes, too (`events.chain_links`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from events.hash_chain import wait_for_sealer
from events.models import WORDS, Event, JournalQuerySet, PendingEvent, Seal
from kernel import clock
from tenants.models import Tenant
from tenants.scoping import TenantQuerySet, all_tenants, tenant_scope

AT_ONCE = 1000
_WHY = "addresses of every tenant are removed in time"


def erase_words(entity_ids: Collection[UUID]) -> None:
    """Remove what people wrote about these entities of the scope, and from where strangers asked for them.

    Call it in a transaction. The entries themselves stay: ids, what happened, and when.
    """
    wait_for_sealer()
    about = Event.objects.filter(entity_id__in=entity_ids)
    _remove_words(_ids(about.filter(details__has_any_keys=WORDS)))
    _remove_origins(_ids(_with_origin(about.filter(actor_id=None))))


def erase_origins(actor_id: UUID) -> None:
    """Remove from where a person's requests came, in whichever tenant they acted. Call it in a transaction."""
    wait_for_sealer()
    with all_tenants(reason="staff act in several tenants"):
        tenant_ids = list(Tenant.objects.values_list("pk", flat=True))
    for tenant_id in tenant_ids:  # by the index of actors, which begins with the tenant
        with tenant_scope(tenant_id):
            _remove_origins(_ids(_with_origin(Event.objects.filter(actor_id=actor_id))))


def purge_origins(*, older_than: timedelta, is_trial: bool) -> int:
    """Remove the address and the request id from entries that are older than that; returns how many.

    Args:
        is_trial: only count them.
    """
    latest = clock.now() - older_than
    with all_tenants(reason=_WHY):
        if is_trial:
            return int(_sealed_before(latest).count()) + len(_set_aside_before(latest))
        number = 0
        while events := _oldest(latest):
            with transaction.atomic():
                wait_for_sealer()
                _remove_origins(events)
            number += len(events)
        return number


def _oldest(latest: datetime) -> list[UUID]:
    sealed = _sealed_before(latest).order_by("position").values_list("event_id", flat=True)[:AT_ONCE]
    return list(sealed) or _set_aside_before(latest)


def _sealed_before(latest: datetime) -> TenantQuerySet[Seal]:
    """Links whose event has its origin still, by their index: what is sealed is about as old as its event."""
    seals: TenantQuerySet[Seal] = Seal.objects.exclude(origin_salt="").filter(sealed_at__lt=latest)
    return seals


def _set_aside_before(latest: datetime) -> list[UUID]:
    """The few events that were never sealed, for nobody could read them."""
    waiting = PendingEvent.objects.filter(set_aside_at__lt=latest).values("event_id")
    return _ids(_with_origin(Event.objects.filter(pk__in=waiting, created_at__lt=latest)))


def _with_origin(events: JournalQuerySet) -> JournalQuerySet:
    return events.exclude(ip_address=None, request_id="")


def _ids(events: JournalQuerySet) -> list[UUID]:
    return list(events.order_by().values_list("pk", flat=True))


def _remove_origins(event_ids: Collection[UUID]) -> None:
    Event.objects.filter(pk__in=event_ids).remove_origins()
    Seal.objects.filter(event_id__in=event_ids).exclude(origin_salt="").update(origin_salt="")


def _remove_words(event_ids: Collection[UUID]) -> None:
    Event.objects.filter(pk__in=event_ids).remove_words()
    Seal.objects.filter(event_id__in=event_ids).exclude(words_salt="").update(words_salt="")
