"""Clients who all want the same thing at the same moment."""

from collections.abc import Callable, Sequence
from threading import Barrier
from typing import TypeVar
from uuid import UUID

from django.db import connection

from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.concurrency import PATIENCE, run_together
from tests.rest import conformance

T = TypeVar("T")


def crowd() -> int:
    """How many clients the promises name for this database (guarantees, G1)."""
    return 50 if connection.vendor == "postgresql" else 16


def storm(clients: int, pets: Sequence[UUID], attempt: Callable[[UUID], T]) -> list[T]:
    """Every client tries every pet, for each pet all from one starting shot.

    Args:
        attempt: what a client does; it must not raise, for the others wait for it.
    """
    gate = Barrier(clients)

    def client() -> list[T]:
        answers = []
        for pet_id in pets:
            gate.wait(PATIENCE)
            answers.append(attempt(pet_id))
        return answers

    outcome = run_together([client] * clients)
    if outcome.errors:
        raise outcome.errors[0]
    return [answer for answers in outcome.results for answer in answers]


def make_ready() -> None:
    """Make what the test client compares answers with before the starting shot; its generator knows no threads."""
    conformance.operations()


def buyer(tenant: Tenant) -> Callable[[UUID], int]:
    """Buys over HTTP and tells the status."""
    make_ready()

    def buy(pet_id: UUID) -> int:
        client = Client().at(tenant)
        client.raise_request_exception = False
        return int(client.post("/v1/orders", {"petId": str(pet_id)}).status_code)

    return buy


def careless_buyer(tenant: Tenant, between: Callable[[], object] = int) -> Callable[[UUID], bool]:
    """The negative control: looks whether the pet is available and then takes it; tells whether it sold.

    Args:
        between: happens after the look and before the taking.
    """

    def buy(pet_id: UUID) -> bool:
        with tenant_scope(tenant.id):
            pet = Pet.objects.get(pk=pet_id)
            is_available: bool = pet.status == Pet.Status.AVAILABLE
            between()
            if is_available:
                Pet.objects.filter(pk=pet_id).update(status=Pet.Status.PENDING)
                Order(pet=pet, total_amount=pet.price).save(force_insert=True)
            return is_available

    return buy


def open_orders(tenant: Tenant) -> int:
    """How many orders of the tenant hold a pet."""
    with tenant_scope(tenant.id):
        number: int = Order.objects.open().count()
    return number
