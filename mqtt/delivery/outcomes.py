"""Settle the outcomes of claimed events: acknowledged ones are deleted, the others wait for their next attempt."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from kernel import clock
from mqtt.delivery.claims import REASON, ClaimedEvent
from mqtt.models import OutgoingEvent
from mqtt.queue_lock import lock_event_queue
from tenants.scoping import all_tenants

AT_ONCE: Final = timedelta(0)


class Outcome(NamedTuple):
    """The outcome of a claimed event.

    Attributes:
        retry_after: the time until it may be sent again; None where the broker has acknowledged all its messages.
        refusal: why the broker has not taken it, which counts as an attempt.
    """

    claimed: ClaimedEvent
    retry_after: timedelta | None = None
    refusal: str = ""


def settle_event_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Settle all of them in one transaction; an event whose lease was lost is left to whoever has it now."""
    tokens = {outcome.claimed.event_id: outcome.claimed.claim for outcome in outcomes}
    with all_tenants(reason=REASON), transaction.atomic():
        lock_event_queue()
        held = _find_still_held(tokens)
        _delete_acknowledged([one.claimed.event_id for one in outcomes if one.retry_after is None], held)
        _postpone_others([one for one in outcomes if one.claimed.event_id in held])


def _find_still_held(tokens: dict[UUID, UUID]) -> set[UUID]:
    rows = OutgoingEvent.objects.filter(pk__in=tokens, claim__in=set(tokens.values()))
    locked = rows.order_by("pk").select_for_update(no_key=True).values_list("pk", "claim")
    return {pk for pk, token in locked if tokens[pk] == token}


def _delete_acknowledged(event_ids: Sequence[UUID], held: set[UUID]) -> None:
    """Delete them, and make due the next event of each one's ordering key."""
    finished = OutgoingEvent.objects.filter(pk__in=[pk for pk in event_ids if pk in held])
    behind = OutgoingEvent.objects.filter(ordering_key=OuterRef("ordering_key"), sequence__gt=OuterRef("sequence"))
    following = Subquery(behind.order_by("sequence").values("pk")[:1])
    heads = {pk for pk in finished.annotate(following=following).values_list("following", flat=True) if pk}
    finished.delete()
    if heads:
        OutgoingEvent.objects.filter(pk__in=heads).update(due_at=clock.now())


def _postpone_others(outcomes: Sequence[Outcome]) -> None:
    at = clock.now()
    alike: defaultdict[tuple[timedelta, bool], list[UUID]] = defaultdict(list)
    for claimed, retry_after, refusal in outcomes:
        if retry_after is not None:
            alike[retry_after, bool(refusal)].append(claimed.event_id)
    for (retry_after, is_refusal), event_ids in alike.items():
        OutgoingEvent.objects.filter(pk__in=event_ids).update(
            due_at=at + retry_after, claim=None, attempts_made=F("attempts_made") + int(is_refusal)
        )
