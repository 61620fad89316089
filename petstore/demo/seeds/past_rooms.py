"""Seeds of a demo shop's support rooms: some wait, some are answered, most are closed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from random import Random

from accounts.models import User
from chat.imports import PastMessage, PastRoom, import_rooms
from chat.models import ParticipantRole, Room
from chat.rooms.participants import Person
from orders.models import Order
from pets.models import Pet
from petstore.demo.conversations import ANSWERED, ENDED, WAITING, Conversation
from petstore.demo.seeds.accounts import Shop

FEWEST, MOST = 4, 400
"""Rooms of a shop."""
ORDERS_PER_ROOM = 8
OPEN_SHARE = 0.25
MOST_OPEN = 12
NAMED_PETS = 50
WAITS = (timedelta(minutes=4), timedelta(hours=9))
ANSWERED_AGO = (timedelta(hours=1), timedelta(days=3))
CLOSED_AGO = (timedelta(days=2), timedelta(days=85))
BETWEEN_MESSAGES = (timedelta(seconds=40), timedelta(minutes=25))
UNTIL_CLOSED = timedelta(minutes=20)


def seed_rooms(shop: Shop, now: datetime) -> None:
    """Give the shop, whose scope is open, rooms for its orders, where it has none."""
    if not Room.objects.exists():
        import_rooms(_RoomPlan(shop, now, Random(f"rooms of {shop.tenant.slug}")).generate_past_rooms())


def _as_person(user: User) -> Person:
    return Person(user.id, user.first_name)


@dataclass(frozen=True, slots=True)
class _RoomPlan:
    """The rooms that a shop lacks."""

    shop: Shop
    now: datetime
    rng: Random

    def generate_past_rooms(self) -> Iterator[PastRoom]:
        """Generate the closed rooms, then the open ones; the first of these waits."""
        number = min(MOST, max(FEWEST, Order.objects.count() // ORDERS_PER_ROOM))
        are_open = min(MOST_OPEN, max(2, int(number * OPEN_SHARE)))
        pets = list(Pet.objects.order_by("pk").values_list("name", flat=True)[:NAMED_PETS])
        for conversation in islice(cycle(ENDED), number - are_open):
            yield self._generate_past_room(conversation, pets, CLOSED_AGO, is_closed=True)
        for place in range(are_open):
            conversations, ago = (ANSWERED, ANSWERED_AGO) if place % 2 else (WAITING, WAITS)
            yield self._generate_past_room(conversations[place // 2 % len(conversations)], pets, ago, is_closed=False)

    def _generate_past_room(
        self, conversation: Conversation, pets: Sequence[str], ago: tuple[timedelta, timedelta], *, is_closed: bool
    ) -> PastRoom:
        """Generate a room from its last message backwards."""
        customer, agent = _as_person(self.rng.choice(self.shop.customers)), _as_person(self.shop.keeper)
        names = {"pet": self.rng.choice(pets), "customer": customer.name, "agent": agent.name or "the team"}
        at, messages = self.now - self._choose_duration(*ago), []
        for place in reversed(range(len(conversation))):
            by, role = (agent, ParticipantRole.AGENT) if place % 2 else (customer, ParticipantRole.CUSTOMER)
            messages.append(PastMessage(at=at, by=by, role=role, text=conversation[place].format_map(names)))
            at -= self._choose_duration(*BETWEEN_MESSAGES)
        closed_at = messages[0].at + UNTIL_CLOSED if is_closed else None
        return PastRoom(customer_id=customer.id, messages=messages[::-1], closed_at=closed_at, closed_by=agent)

    def _choose_duration(self, low: timedelta, high: timedelta) -> timedelta:
        return timedelta(seconds=int(self.rng.uniform(low.total_seconds(), high.total_seconds())))
