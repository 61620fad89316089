"""A random walk over the state table by many clients, and a checker that knows only the contract."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from random import Random
from uuid import UUID

from events.models import AuditEvent
from kernel.actor import SYSTEM
from kernel.errors import Conflict
from orders.models import Order, OrderTransition
from orders.services.placement import place_order
from orders.services.transitions import transition_order
from orders.states import Command
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import run_together
from tests.factories import PetFactory

LEGAL = frozenset(
    {
        ("", "PLACED"),
        ("PLACED", "APPROVED"),
        ("APPROVED", "SHIPPED"),
        ("SHIPPED", "DELIVERED"),
        ("PLACED", "CANCELLED"),
        ("APPROVED", "CANCELLED"),
        ("SHIPPED", "CANCELLED"),
        ("DELIVERED", "CANCELLED"),
    }
)
PLACE = "place"
HELD = ("PLACED", "APPROVED", "SHIPPED")


@dataclass(frozen=True)
class Tally:
    """What the walk did: how often each command went through, and how often it was refused."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def walk(tenant: Tenant, *, transitions: int, clients: int, orders: int, seed: int = 1) -> Tally:
    """Let the clients try this many random commands on a set of pets and their latest orders."""
    pets = [PetFactory.create(tenant=tenant).id for _ in range(orders)]
    latest: dict[UUID, UUID] = {}

    def client(number: int) -> Tally:
        dice, tally = Random(f"{seed} {number}"), Tally()
        with tenant_scope(tenant.id):
            for _ in range(transitions // clients):
                _try(dice.choice((PLACE, *Command)), dice.choice(pets), latest, tally)
        return tally

    outcome = run_together([partial(client, number) for number in range(clients)])
    if outcome.errors:
        raise outcome.errors[0]
    return _summed(outcome.results)


def _try(command: str, pet_id: UUID, latest: dict[UUID, UUID], tally: Tally) -> None:
    try:
        if command == PLACE:
            latest[pet_id] = place_order(pet_id=pet_id, actor=SYSTEM).id
        elif pet_id in latest:
            transition_order(order_id=latest[pet_id], command=Command(command), actor=SYSTEM)
        else:
            return
    except Conflict:
        tally.refused[command] += 1
    else:
        tally.done[command] += 1


def _summed(tallies: list[Tally]) -> Tally:
    return Tally(sum((t.done for t in tallies), Counter()), sum((t.refused for t in tallies), Counter()))


def complaints(tenant: Tenant) -> list[str]:
    """Where orders, histories, journal and pets of the tenant disagree with the contract or each other."""
    with tenant_scope(tenant.id):
        orders = list(Order.objects.order_by("id"))
        told, journal = _told(), _journal()
        found = [text for order in orders for text in _of_order(order, told[order.id], journal[order.id])]
        return found + [text for pet in Pet.objects.all() for text in _of_pet(pet, orders)]


def _told() -> defaultdict[UUID, list[tuple[str, str]]]:
    told = defaultdict(list)
    for step in OrderTransition.objects.order_by("id"):
        told[step.order_id].append((step.from_status, step.to_status))
    return told


def _journal() -> defaultdict[UUID | None, list[tuple[str, str]]]:
    journal = defaultdict(list)
    for event in AuditEvent.objects.filter(entity_type="ORDERS").order_by("id"):
        old, new = event.details["changes"]["status"]
        journal[event.entity_id].append((old or "", new))
    return journal


def _of_order(order: Order, told: list[tuple[str, str]], journal: list[tuple[str, str]]) -> list[str]:
    ends = ["", *(new for _old, new in told)]
    checks = {
        "took a step that the contract does not know": set(told) <= LEGAL,
        "has a gap in its history": [old for old, _new in told] == ends[:-1],
        "stands elsewhere than its history ends": ends[-1] == order.status,
        "counts other versions than steps": order.version == len(told),
        "has another journal than history": sorted(journal) == sorted(told),
    }
    return [f"order {order.id} {text}" for text, is_well in checks.items() if not is_well]


def _of_pet(pet: Pet, orders: list[Order]) -> list[str]:
    statuses = [order.status for order in orders if order.pet_id == pet.id and order.status != "CANCELLED"]
    holders = sum(status in HELD for status in statuses)
    expected = "PENDING" if holders else "ADOPTED" if statuses else "AVAILABLE"
    checks = {
        "is sold more than once": len(statuses) <= 1,
        f"is {pet.status} where its orders say {expected}": pet.status == expected,
        "is held by no order, or not held by its order": pet.is_held == bool(holders),
    }
    return [f"pet {pet.id} {text}" for text, is_well in checks.items() if not is_well]
