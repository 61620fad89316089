"""Import of endpoints with their past deliveries, beside an imported journal.

An endpoint is imported PAUSED: nothing is sent there before staff make it ACTIVE.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import takewhile
from typing import Any, Final, NamedTuple
from uuid import UUID

from events.chain_links import EventRow
from events.imports import record_past_events
from events.models import Action, EntityType
from kernel import ids
from kernel.actor import SYSTEM, Actor
from public_events.event_types import EventType
from public_events.payloads import Payload
from tenants.scoping import current_tenant_id
from tenants.transactions import begin_wide_transaction
from webhooks.delivery.retry_policy import SCHEDULE, next_attempt_at
from webhooks.encryption import encrypt_secret
from webhooks.models import Attempt, Delivery, Endpoint, Message
from webhooks.signatures import generate_webhook_secret

STEPS: Final = (Action.WEBHOOK_CREATED, Action.WEBHOOK_PAUSED)
RANDOM_BITS: Final = 54
"""Random bits of an id; the other 20 of its 74 count."""


class PastAttempt(NamedTuple):
    """One past attempt, with the columns of `webhooks.models.Attempt`."""

    at: datetime
    duration_ms: int
    status_code: int | None = None
    error: str = ""
    answer: str = ""

    @property
    def is_success(self) -> bool:
        """Any 2xx."""
        return self.status_code is not None and self.status_code // 100 == HTTPStatus.OK // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDelivery:
    """A past delivery, made at `at`, with its attempts; the last of them may have succeeded."""

    payload: Payload
    at: datetime
    attempts: Sequence[PastAttempt] = ()

    @property
    def final_status(self) -> Delivery.Status:
        """The status that the attempts lead to."""
        if self.attempts and self.attempts[-1].is_success:
            return Delivery.Status.SUCCEEDED
        return Delivery.Status.FAILED if len(self.attempts) == len(SCHEDULE) else Delivery.Status.PENDING

    @property
    def next_due_at(self) -> datetime | None:
        """The time of the next attempt; None when there is none."""
        made = len(self.attempts)
        return next_attempt_at(made, at=self.attempts[-1].at) if made else self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEndpoint:
    """A past endpoint, who subscribed it, and its deliveries before and after it was paused.

    Attributes:
        pause_reason: ASKED by the one who subscribed it; otherwise the system paused it.
        deliveries: in the order in which they were made.
    """

    url: str
    events: Sequence[EventType]
    by: Actor
    created_at: datetime
    paused_at: datetime
    pause_reason: Endpoint.PauseReason
    deliveries: Sequence[PastDelivery] = ()


def import_endpoint(past: PastEndpoint) -> Endpoint:
    """Write an endpoint to the current scope with deliveries, attempts and audit events, in one transaction."""
    endpoint = Endpoint(
        id=_make_past_id(past.created_at, 0),
        url=past.url,
        events=[event.value for event in past.events],
        status=Endpoint.Status.PAUSED,
        pause_reason=past.pause_reason,
        encrypted_secret=encrypt_secret(generate_webhook_secret()),
        failures=_count_recent_failures(past),
        version=2,
        created_at=past.created_at,
        updated_at=past.paused_at,
    )
    rows = list(_build_delivery_rows(endpoint, past))
    with begin_wide_transaction(reason="past events join the hash chain of the whole journal"):
        endpoint.save(force_insert=True)
        Message.objects.bulk_create([message for message, *_ in rows], ignore_conflicts=True)
        Delivery.objects.bulk_create([delivery for _, delivery, _ in rows])
        Attempt.objects.bulk_create([attempt for *_, attempts in rows for attempt in attempts])
        record_past_events(list(_list_past_events(endpoint, past)))
    return endpoint


def _count_recent_failures(past: PastEndpoint) -> int:
    """Count the failed attempts since the last success."""
    attempts = sorted((attempt for one in past.deliveries for attempt in one.attempts), reverse=True)
    return sum(1 for _ in takewhile(lambda attempt: not attempt.is_success, attempts))


def _build_delivery_rows(endpoint: Endpoint, past: PastEndpoint) -> Iterator[tuple[Message, Delivery, list[Attempt]]]:
    """Build rows as fan-out does: of an ordering key the first unfinished one is due, and the others wait."""
    places: Counter[Any] = Counter()
    waiting = set()
    for number, one in enumerate(past.deliveries):
        payload, is_over = one.payload, one.final_status != Delivery.Status.PENDING
        places[payload.ordering_key] += 1
        message = Message(id=payload.id, event_type=payload.event_type, body=payload.body, created_at=one.at)
        delivery = Delivery(
            id=_make_past_id(one.at, number),
            endpoint=endpoint,
            message=message,
            ordering_key=payload.ordering_key,
            sequence=places[payload.ordering_key],
            status=one.final_status,
            attempts_made=len(one.attempts),
            due_at=None if is_over or payload.ordering_key in waiting else one.next_due_at,
            created_at=one.at,
            settled_at=one.attempts[-1].at if is_over else None,
        )
        if not is_over:
            waiting.add(payload.ordering_key)
        yield message, delivery, _build_attempt_rows(delivery, one)


def _build_attempt_rows(delivery: Delivery, past: PastDelivery) -> list[Attempt]:
    return [
        Attempt(delivery=delivery, number=number, **attempt._asdict())
        for number, attempt in enumerate(past.attempts, start=1)
    ]


def _list_past_events(endpoint: Endpoint, past: PastEndpoint) -> Iterator[EventRow]:
    created = {"changes": {"url": [None, endpoint.url], "events": [None, endpoint.events]}}
    yield _build_past_event(endpoint, Action.WEBHOOK_CREATED, past.by, created, past.created_at)
    paused: dict[str, Any] = {"changes": {"status": [Endpoint.Status.ACTIVE.value, Endpoint.Status.PAUSED.value]}}
    if past.pause_reason == Endpoint.PauseReason.ASKED:
        yield _build_past_event(endpoint, Action.WEBHOOK_PAUSED, past.by, paused, past.paused_at)
    else:
        paused["reason"] = past.pause_reason.value
        yield _build_past_event(endpoint, Action.WEBHOOK_PAUSED, SYSTEM, paused, past.paused_at)


def _build_past_event(endpoint: Endpoint, action: Action, by: Actor, details: dict[str, Any], at: datetime) -> EventRow:
    about = (action, EntityType.WEBHOOKS, endpoint.id, by.user_id, details, at)
    return EventRow(_make_past_id(at, STEPS.index(action)), current_tenant_id(), *about)


def _make_past_id(moment: datetime, number: int) -> UUID:
    """Make an id of that moment, after those with smaller numbers: lists are sorted by ids."""
    return ids.id_born_at(moment, number << RANDOM_BITS | secrets.randbits(RANDOM_BITS))
