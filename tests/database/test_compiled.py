"""Compiled SQL reads and writes what the ORM would, on both databases."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

from accounts.models import User
from database import build_row, compiled_query
from events.models import Action, AuditEvent, EntityType
from kernel import clock, ids
from orders.models import Order
from orders.queries import get_order
from orders.services.placement import place_order
from pets.models import Pet
from pets.services.reservations import locked_pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import PetFactory, acting

COLUMNS = {
    "id": ids.new_id(),
    "action": Action.ORDER_CREATED,
    "entity_type": EntityType.ORDERS,
    "created_at": clock.now(),
}


def test_a_built_row_has_the_columns_that_the_constructor_gives() -> None:
    quick, careful = vars(build_row(AuditEvent, **COLUMNS)), vars(AuditEvent(**COLUMNS))
    assert quick.pop("_state").adding is careful.pop("_state").adding is True
    assert quick == careful


def test_built_rows_share_no_default_that_can_be_changed() -> None:
    assert build_row(AuditEvent).details is not build_row(AuditEvent).details
    assert build_row(AuditEvent).id != build_row(AuditEvent).id


@pytest.mark.usefixtures("in_acme")
def test_an_order_takes_the_price_of_the_pet_that_it_holds(acme: Tenant, alice: User) -> None:
    pet = PetFactory.create(tenant=acme, price=Decimal("99.5"), currency="EUR")
    order = place_order(pet_id=pet.id, actor=acting(alice))
    assert (order.total_amount, order.currency) == (Decimal("99.50"), "EUR")
    stored = Order.objects.get(pk=order.pk)
    assert (stored.total_amount, stored.currency) == (Decimal("99.50"), "EUR")


@pytest.mark.usefixtures("in_acme")
def test_the_journal_tells_what_was_taken_as_text(acme: Tenant, alice: User) -> None:
    pet = PetFactory.create(tenant=acme, price=Decimal("99.5"), currency="EUR")
    order = place_order(pet_id=pet.id, actor=acting(alice))
    told = AuditEvent.objects.get(entity_id=order.id).details["order"]
    assert (told["total_amount"], told["currency"]) == ("99.50", "EUR")


@pytest.mark.usefixtures("in_acme")
def test_a_prepared_read_refuses_a_broken_transaction(rex: Pet, alice: User) -> None:
    order = place_order(pet_id=rex.id, actor=acting(alice))
    with pytest.raises(RuntimeError), transaction.atomic(), transaction.atomic(savepoint=False):
        raise RuntimeError
    transaction.set_rollback(True)
    with pytest.raises(TransactionManagementError):
        get_order(order.id, actor=acting(alice))
    transaction.set_rollback(False)


@pytest.mark.django_db(transaction=True)
def test_a_prepared_read_outlives_its_connection(alice: User, acme: Tenant) -> None:
    pet = PetFactory.create(tenant=acme)
    with tenant_scope(acme.id):
        order = place_order(pet_id=pet.id, actor=acting(alice))
        assert get_order(order.id, actor=acting(alice)) == order
        connection.close()
        assert get_order(order.id, actor=acting(alice)) == order


@compiled_query
def pets_of_status(status: str, *, limit: int) -> QuerySet[Any, Pet]:
    return Pet.objects.filter(status=status).order_by("id")[:limit]


@pytest.mark.usefixtures("in_acme")
def test_a_compiled_query_is_the_queryset_of_its_function(acme: Tenant) -> None:
    for _ in range(3):
        PetFactory.create(tenant=acme)
    plain: Any = vars(pets_of_status)["__wrapped__"]
    for limit in (2, 5):
        compiled = pets_of_status(Pet.Status.AVAILABLE, limit=limit)
        assert list(compiled) == list(plain(Pet.Status.AVAILABLE, limit=limit))
        assert compiled.count() == len(list(compiled))
    assert pets_of_status("NO SUCH", limit=2).first() is None
    with pytest.raises(ObjectDoesNotExist):
        pets_of_status("NO SUCH", limit=2).get()


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    "arguments", [((), {"limit": 1}), (("A", "B"), {"limit": 1}), (("A",), {}), (("A",), {"max": 1})]
)
def test_arguments_that_the_function_does_not_take_are_refused(arguments: tuple[tuple[str, ...], Any]) -> None:
    positional, keywords = arguments
    call: Any = pets_of_status
    with pytest.raises(TypeError):
        list(call(*positional, **keywords))


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction(acme: Tenant) -> None:
    with tenant_scope(acme.id), pytest.raises(TransactionManagementError):
        locked_pet(acme.id).first()
