"""Processes of `serve --workers 2` that are killed at random under people who chat, and what is left of it."""

import os
import time
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random

from accounts.models import User
from chat.integrity import run_room_checks
from chat.models import RoomMessage
from chat.services.customer_rooms import open_customer_room
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import PATIENCE
from tests.factories import CustomerFactory, StaffFactory, TenantFactory, acting
from tests.rest.tokens import access
from tests.server.server import Server, serving, wait_until
from tests.stress.chatters import Chatter, Manners, Party, Place, Watcher, chatting
from tests.stress.nursery import kill

VICTIMS = ("web 1", "web 2", "worker")


SETTLED_SECONDS = 0.5
"""Time in which what is told twice comes again."""
DEFAULT_MANNERS = Manners()


@dataclass(frozen=True, slots=True)
class Findings:
    """What was left of what was written.

    Attributes:
        lost: acknowledged and not stored, or under another id.
        doubles: texts that are stored more than once.
        out_of_order: chatters whose messages are not stored in the order in which they wrote them.
        unseen, seen_twice: what the agent missed, and what came to them again.
        misread: rooms that the agent saw in another order.
        refused: answers that were neither acknowledgements nor news.
        disagreements: what `verify_journal` complains of.
    """

    stored: int
    lost: int
    doubles: int
    out_of_order: int
    unseen: int
    seen_twice: int
    misread: int
    refused: Counter[str]
    disagreements: int
    lines: int

    def check(self) -> None:
        """Nothing is lost, and nothing is there twice."""
        assert (self.lost, self.doubles, self.out_of_order) == (0, 0, 0), self
        assert (self.unseen, self.seen_twice, self.misread, self.disagreements) == (0, 0, 0, 0), self


@dataclass(frozen=True, slots=True)
class Load:
    """Who chats: so many customers, on so many connections each, in one room a customer."""

    customers: int
    connections: int


class ChatShop:
    """A shop whose customers chat, and whose agents answer and watch."""

    def __init__(self, load: Load) -> None:
        self.tenant: Tenant = TenantFactory.create(access=Tenant.Access.OPEN)
        self.load = load
        self.rooms: dict[str, User] = {}
        for _ in range(load.customers):
            customer = CustomerFactory.create(tenant=self.tenant)
            with tenant_scope(self.tenant.id):
                self.rooms[str(open_customer_room(actor=acting(customer)).id)] = customer
        self._agent, self._colleague = (StaffFactory.create(tenant=self.tenant) for _ in range(2))

    def make_chatters(self, address: str, manners: Manners) -> list[Chatter]:
        """The customers' connections, and an agent who writes in the first room."""
        lines = [(room_id, user, n) for room_id, user in self.rooms.items() for n in range(self.load.connections)]
        lines[0] = (lines[0][0], self._agent, 0)
        tokens = {user.pk: access(user) for _, user, _ in lines}
        return [
            Chatter(
                Place(address, str(self.tenant.id), tokens[user.pk]),
                room_id,
                f"{user.username}/{number}",
                Random(f"{user.username} {number}"),
                manners,
            )
            for room_id, user, number in lines
        ]

    def make_watcher(self, address: str) -> Watcher:
        """An agent who watches all rooms."""
        place = Place(address, str(self.tenant.id), access(self._colleague))
        return Watcher(place, {room_id: [] for room_id in self.rooms})

    def chatting(self, address: str, manners: Manners) -> AbstractContextManager[Party]:
        """Have them chat; they leave at the end."""
        return chatting(self.make_chatters(address, manners), self.make_watcher(address))

    def list_stored(self) -> list[tuple[str, str, str]]:
        """Room, id and text of each message, in the order of the rooms."""
        with tenant_scope(self.tenant.id):
            rows = RoomMessage.objects.order_by("room", "number").values_list("room_id", "id", "text")
            return [(str(room_id), str(message_id), text) for room_id, message_id, text in rows]

    def find_after_party(self, party: Party) -> Findings:
        """Compare what is stored with what was acknowledged and with what the agent has seen, once all is told."""
        wait_until(lambda: party.is_quiet)
        deadline = time.monotonic() + PATIENCE
        while _count_seen(party) < len(self.list_stored()) and time.monotonic() < deadline:
            time.sleep(SETTLED_SECONDS)
        time.sleep(SETTLED_SECONDS)
        stored = self.list_stored()
        pairs, texts = {(text, message_id) for _, message_id, text in stored}, Counter(text for *_, text in stored)
        seen = [message_id for room in party.watcher.seen.values() for message_id in room]
        in_rooms = {room_id: [one for room, one, _ in stored if room == room_id] for room_id in self.rooms}
        return Findings(
            stored=len(stored),
            lost=len({pair for chatter in party.chatters for pair in chatter.acknowledged.items()} - pairs),
            doubles=sum(number > 1 for number in texts.values()),
            out_of_order=sum(_is_out_of_order(chatter, stored) for chatter in party.chatters),
            unseen=len({message_id for _, message_id, _ in stored} - set(seen)),
            seen_twice=len(seen) - len(set(seen)),
            misread=sum(party.watcher.seen[room_id] != in_rooms[room_id] for room_id in self.rooms),
            refused=Counter(frame["code"] for frame in party.refused),
            disagreements=sum(len(check.broken) for check in run_room_checks()),
            lines=party.lines,
        )


def _is_out_of_order(chatter: Chatter, stored: list[tuple[str, str, str]]) -> bool:
    written = [text for *_, text in stored if text.startswith(f"{chatter.name} ")]
    return list(dict.fromkeys(written)) != [f"{chatter.name} {number}" for number in range(len(chatter.acknowledged))]


@dataclass(frozen=True, slots=True)
class Kills:
    """So many kills of processes, in turns.

    Attributes:
        pauses: the least and the most seconds before each: the supervisor gives up what ends again and again within 5.
    """

    number: int
    pauses: tuple[float, float]


CARELESS = Manners(longest_pause=0.4, breaks=0.4, has_stable_ids=False)


def chat_under_kills(
    folder: Path, load: Load, *, kills: Kills, least: int, manners: Manners = DEFAULT_MANNERS
) -> tuple[Findings, Findings]:
    """Kill web processes and the worker while people chat; what is left of it, and of what the control chats meanwhile.

    The control are people who give what they send again another id.

    Args:
        least: the messages that are acknowledged before it ends.
    """
    variables = {"DATABASE_URL": os.environ["DATABASE_URL"], "RATE_LIMIT": "1000000/sec", "LOG_FORMAT": "json"}
    shop, other_shop = ChatShop(load), ChatShop(Load(2, 2))
    with (
        serving(folder, "--workers", "2", variables=variables) as server,
        shop.chatting(server.address, manners) as party,
        other_shop.chatting(server.address, CARELESS) as control,
    ):
        _kill_some(server, party, kills)
        wait_until(lambda: party.number >= least)
        for one in (party, control):
            one.go_home()
        return shop.find_after_party(party), other_shop.find_after_party(control)


def _kill_some(server: Server, party: Party, kills: Kills) -> None:
    dice, victims = Random(1), cycle(VICTIMS)
    for _ in range(kills.number):
        before = party.number
        wait_until(lambda: party.number > before)  # noqa: B023  # it is called in this round
        time.sleep(dice.uniform(*kills.pauses))
        kill(server.child(next(victims)))


def _count_seen(party: Party) -> int:
    return sum(len({*room}) for room in party.watcher.seen.values())
