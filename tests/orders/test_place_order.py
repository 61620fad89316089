"""Placing an order: for whom, for which pet, and all or nothing (contract, Orders)."""

from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DatabaseError

from accounts.models import User
from events.models import AuditEvent, PendingEvent
from kernel.actor import ANONYMOUS, Actor, Role
from kernel.errors import DomainError, Forbidden, Invalid, LoginRequired
from orders.models import Order, OrderTransition
from orders.services.placement import place_order
from orders.services.transitions import transition_order
from orders.states import Command, Status
from pets.errors import PetNotAvailable, PetNotFound
from pets.models import Pet
from pets.services.catalog import replace_pet
from pets.services.details import PetDetails
from tenants.models import Tenant
from tests.factories import PetFactory, acting
from tests.orders.moving import close_table
from tests.snapshots import snapshot

NEVER = UUID("0190b6a2-0000-7000-8000-000000000000")


def _make_admin(root: User) -> Actor:
    return Actor(user_id=root.id, role=Role.ADMIN)


def _assert_refused(refusal: type[DomainError], **call: object) -> None:
    before = snapshot()
    with pytest.raises(refusal):
        place_order(**call)  # type: ignore[arg-type]  # each test names its own arguments
    assert snapshot() == before


def test_an_order_starts_placed_and_holds_its_pet(in_acme: Tenant, rex: Pet, alice: User) -> None:
    order = place_order(pet_id=rex.id, actor=acting(alice))
    stored = Order.objects.select_related("pet").get()
    assert (stored.id, stored.user_id, stored.tenant_id) == (order.id, alice.id, in_acme.id)
    assert (stored.status, stored.version, stored.pet.status) == (Status.PLACED, 1, Pet.Status.PENDING)
    assert (stored.total_amount, stored.currency) == (Decimal("150.00"), "USD")


def test_an_order_begins_its_history_and_tells_the_journal_once(in_acme: Tenant, rex: Pet, alice: User) -> None:
    actor = Actor(user_id=alice.id, role=Role.CUSTOMER, ip_address="192.0.2.7", request_id="first")
    order = place_order(pet_id=rex.id, actor=actor)
    step = OrderTransition.objects.get()
    assert (step.order_id, step.from_status, step.to_status, step.by) == (order.id, "", "PLACED", str(alice.id))
    event = AuditEvent.objects.get(entity_id=order.id)
    assert (event.action, event.actor_id, event.ip_address, event.request_id) == (
        "ORDER_CREATED",
        alice.id,
        "192.0.2.7",
        "first",
    )
    assert event.details["changes"] == {"status": [None, "PLACED"]}
    assert event.details["pet"] == {"id": str(rex.id), "status": ["AVAILABLE", "PENDING"]}
    assert PendingEvent.objects.filter(event=event).count() == 1


def test_the_price_of_the_moment_is_kept(in_acme: Tenant, sam: User) -> None:
    pet = PetFactory.create(tenant=in_acme, price=Decimal("99.90"), currency="EUR")
    order = place_order(pet_id=pet.id, actor=ANONYMOUS)
    dearer = PetDetails(species="DOG", name=pet.name, age_months=18, price=Decimal("120.00"), currency="GBP")
    replace_pet(pet_id=pet.id, details=dearer, actor=acting(sam))
    stored = Order.objects.get(pk=order.id)
    assert (stored.total_amount, stored.currency) == (Decimal("99.90"), "EUR")


def test_a_pet_of_another_tenant_is_not_found(in_acme: Tenant, mia: Pet) -> None:
    _assert_refused(PetNotFound, pet_id=mia.id, actor=ANONYMOUS)


def test_a_pet_of_the_shared_pool_is_not_found_in_a_tenant(in_acme: Tenant, stray: Pet) -> None:
    _assert_refused(PetNotFound, pet_id=stray.id, actor=ANONYMOUS)


def test_an_unknown_pet_is_not_found(in_acme: Tenant) -> None:
    _assert_refused(PetNotFound, pet_id=NEVER, actor=ANONYMOUS)


@pytest.mark.parametrize("status", ["PENDING", "ADOPTED", "NOT_AVAILABLE"])
def test_a_pet_that_is_not_available_is_not_sold(in_acme: Tenant, status: str) -> None:
    pet = PetFactory.create(tenant=in_acme, status=status)
    _assert_refused(PetNotAvailable, pet_id=pet.id, actor=ANONYMOUS)


def test_a_pet_is_sold_again_after_its_order_was_cancelled(in_acme: Tenant, rex: Pet) -> None:
    first = place_order(pet_id=rex.id, actor=ANONYMOUS)
    _assert_refused(PetNotAvailable, pet_id=rex.id, actor=ANONYMOUS)
    transition_order(order_id=first.id, command=Command.CANCEL, actor=ANONYMOUS)
    assert place_order(pet_id=rex.id, actor=ANONYMOUS).id != first.id


def test_an_anonymous_order_belongs_to_nobody(in_acme: Tenant, rex: Pet) -> None:
    assert place_order(pet_id=rex.id, actor=ANONYMOUS).user_id is None


def test_the_anonymous_name_no_user(in_acme: Tenant, rex: Pet, alice: User) -> None:
    _assert_refused(LoginRequired, pet_id=rex.id, actor=ANONYMOUS, customer_id=alice.id)


def test_a_customer_orders_for_oneself(in_acme: Tenant, rex: Pet, alice: User) -> None:
    assert place_order(pet_id=rex.id, actor=acting(alice), customer_id=alice.id).user_id == alice.id


def test_a_customer_orders_for_nobody_else(in_acme: Tenant, rex: Pet, alice: User, bob: User) -> None:
    _assert_refused(Forbidden, pet_id=rex.id, actor=acting(alice), customer_id=bob.id)


def test_staff_order_for_a_customer(in_acme: Tenant, rex: Pet, sam: User, alice: User) -> None:
    assert place_order(pet_id=rex.id, actor=acting(sam), customer_id=alice.id).user_id == alice.id


def test_staff_order_for_nobody_unknown(in_acme: Tenant, rex: Pet, sam: User) -> None:
    _assert_refused(Invalid, pet_id=rex.id, actor=acting(sam), customer_id=NEVER)


def test_staff_order_for_nobody_of_another_tenant(in_acme: Tenant, rex: Pet, sam: User, charlie: User) -> None:
    _assert_refused(Invalid, pet_id=rex.id, actor=acting(sam), customer_id=charlie.id)


def test_an_admin_without_a_home_here_places_an_anonymous_order(in_acme: Tenant, rex: Pet, root: User) -> None:
    order = place_order(pet_id=rex.id, actor=_make_admin(root))
    assert (order.user_id, OrderTransition.objects.get().by) == (None, str(root.id))


def test_an_admin_from_elsewhere_cannot_be_the_customer(in_acme: Tenant, rex: Pet, root: User) -> None:
    _assert_refused(Invalid, pet_id=rex.id, actor=_make_admin(root), customer_id=root.id)


@pytest.mark.parametrize(
    "table", ["orders_order", "orders_ordertransition", "events_auditevent", "events_pendingevent"]
)
@pytest.mark.as_owner
def test_an_order_that_cannot_be_recorded_leaves_nothing(in_acme: Tenant, rex: Pet, alice: User, table: str) -> None:
    close_table(table)
    before = snapshot()
    with pytest.raises(DatabaseError):
        place_order(pet_id=rex.id, actor=acting(alice))
    assert snapshot() == before
