"""Seeds of a demo shop's webhooks, all of them paused and at names that lead nowhere (RFC 2606)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from events.models import AuditEvent, EntityType
from events.queries import scoped_audit_events
from kernel.actor import Actor, Role
from outbound.connections import Failure
from petstore.demo.seeds.accounts import Shop
from public_events.event_types import EventType
from public_events.payloads import Payload, build_event_payloads
from webhooks.delivery.retry_policy import SCHEDULE
from webhooks.imports import PastAttempt, PastDelivery, PastEndpoint, import_endpoint
from webhooks.models import Endpoint

ASKED, FAILING, GONE = Endpoint.PauseReason
EVENTS_BEFORE_PAUSE = 60
"""The number of events that were delivered before the pause."""
EVENTS_AFTER_PAUSE = 12
"""The number of events that wait since the pause."""
PAUSED_FOR = timedelta(hours=2)
SUBSCRIBED_FOR = timedelta(days=90)
ONE_BY_ONE = timedelta(minutes=10)
SECOND_TRY_SHARE = 0.2
LOST_SHARE = 0.06
TIMEOUT_MILLISECONDS = 5002
ENTITY_TYPES = (EntityType.ORDERS, EntityType.PAYMENTS)


class EndpointProfile(NamedTuple):
    """A system that subscribed, and the reason why it is paused."""

    url: str
    events: tuple[EventType, ...]
    reason: Endpoint.PauseReason


ENDPOINTS = (
    EndpointProfile("https://erp.{}.example/hooks/petstore", tuple(EventType), ASKED),
    EndpointProfile(
        "https://books.{}.example/payments", (EventType.PAYMENT_SUCCEEDED, EventType.PAYMENT_FAILED), FAILING
    ),
    EndpointProfile("https://newsletter.{}.example/pets", (EventType.PET_STATUS_CHANGED,), GONE),
)


def seed_webhooks(shop: Shop, now: datetime) -> None:
    """Give the shop, whose scope is open, the endpoints that it lacks, with a history made of its journal."""
    for profile in ENDPOINTS:
        url = profile.url.format(shop.tenant.slug)
        if not Endpoint.objects.filter(url=url).exists():
            import_endpoint(_EndpointHistory(profile, shop, now, Random(f"hearing {url}")).generate_past_endpoint(url))


class _PublicEvent(NamedTuple):
    payload: Payload
    at: datetime


@dataclass(frozen=True, slots=True)
class _EndpointHistory:
    profile: EndpointProfile
    shop: Shop
    now: datetime
    rng: Random

    def generate_past_endpoint(self, url: str) -> PastEndpoint:
        latest = self.now - PAUSED_FOR
        deliveries, keeper = self._generate_past_deliveries(self._find_events_before(latest)), self.shop.keeper
        in_trouble = deliveries and self.profile.reason != ASKED
        return PastEndpoint(
            url=url,
            events=self.profile.events,
            by=Actor(user_id=keeper.id, role=Role(keeper.role)),
            created_at=self.now - SUBSCRIBED_FOR + ENDPOINTS.index(self.profile) * ONE_BY_ONE,
            paused_at=deliveries[-1].attempts[-1].at if in_trouble else latest,
            pause_reason=self.profile.reason,
            deliveries=[
                *deliveries,
                *(PastDelivery(payload=one.payload, at=one.at) for one in self._find_events_after(latest)),
            ],
        )

    def _find_events_before(self, latest: datetime) -> list[_PublicEvent]:
        events = scoped_audit_events().filter(entity_type__in=ENTITY_TYPES, created_at__lte=latest)[
            :EVENTS_BEFORE_PAUSE
        ]
        return self._select_subscribed_events([*events][::-1])

    def _find_events_after(self, latest: datetime) -> list[_PublicEvent]:
        events = scoped_audit_events().filter(entity_type__in=ENTITY_TYPES, created_at__gt=latest)
        return self._select_subscribed_events(events.order_by("created_at", "id")[:EVENTS_AFTER_PAUSE])

    def _select_subscribed_events(self, events: Iterable[AuditEvent]) -> list[_PublicEvent]:
        public = (
            _PublicEvent(payload, event.created_at) for event in events for payload in build_event_payloads(event)
        )
        return [one for one in public if one.payload.event_type in self.profile.events]

    def _generate_past_deliveries(self, heard: Sequence[_PublicEvent]) -> list[PastDelivery]:
        """Generate deliveries: all succeed but the last one and, seldom, the last of an order."""
        last_of_lane = {one.payload.ordering_key: place for place, one in enumerate(heard)}
        deliveries = []
        for place, (payload, at) in enumerate(heard, start=1):
            is_end = place == len(heard)
            attempts = (
                self._generate_last_attempts(at)
                if is_end
                else self._generate_past_attempts(at, last_of_lane[payload.ordering_key] == place - 1)
            )
            deliveries.append(PastDelivery(payload=payload, at=at, attempts=attempts))
        return deliveries

    def _generate_past_attempts(self, at: datetime, may_fail: bool) -> list[PastAttempt]:
        chance = self.rng.random() if may_fail else 1.0
        if chance < LOST_SHARE:
            return self._generate_failed_attempts(at, len(SCHEDULE))
        failed = self._generate_failed_attempts(at, int(chance < LOST_SHARE + SECOND_TRY_SHARE))
        return [*failed, self._generate_successful_attempt(at + SCHEDULE[len(failed)])]

    def _generate_last_attempts(self, at: datetime) -> list[PastAttempt]:
        """Generate the attempts that led to the pause."""
        match self.profile.reason:
            case Endpoint.PauseReason.FAILING:
                return self._generate_failed_attempts(at, len(SCHEDULE))
            case Endpoint.PauseReason.GONE:
                return [PastAttempt(at, self._choose_milliseconds(), status_code=410, answer="Gone")]
        return [self._generate_successful_attempt(at)]

    def _generate_failed_attempts(self, at: datetime, number: int) -> list[PastAttempt]:
        return [self._generate_failed_attempt(at + wait) for wait in SCHEDULE[:number]]

    def _generate_failed_attempt(self, at: datetime) -> PastAttempt:
        if self.rng.random() < 1 / 2:
            return PastAttempt(at, TIMEOUT_MILLISECONDS, error=Failure.TIMEOUT.value)
        return PastAttempt(at, self._choose_milliseconds(), status_code=503, answer="Service Unavailable")

    def _generate_successful_attempt(self, at: datetime) -> PastAttempt:
        return PastAttempt(at, self._choose_milliseconds(), status_code=200, answer="ok")

    def _choose_milliseconds(self) -> int:
        return self.rng.randint(20, 400)
