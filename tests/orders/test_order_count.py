"""A tenant's count of orders is exact, whoever adds them and however many at once."""

from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from accounts.models import User
from kernel.actor import SYSTEM
from orders.models import Order, OrderCount
from orders.queries import count_listed_orders
from orders.services.placement import place_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import run_together
from tests.factories import OrderFactory, PetFactory, acting

CAP = 10


def _sum_order_counts() -> int:
    return OrderCount.objects.aggregate(orders=Sum("counted"))["orders"] or 0


@pytest.mark.django_db
def test_each_order_is_counted_in_its_own_tenant(acme: Tenant, globex: Tenant) -> None:
    OrderFactory.create_batch(3, tenant=acme)
    OrderFactory.create(tenant=globex)
    for tenant, orders in ((acme, 3), (globex, 1)):
        with tenant_scope(tenant.id):
            assert (_sum_order_counts(), count_listed_orders(SYSTEM, up_to=CAP)) == (orders, orders)


@pytest.mark.django_db
def test_an_order_that_is_rolled_back_is_not_counted(acme: Tenant) -> None:
    order = OrderFactory.create(tenant=acme)
    with tenant_scope(acme.id):
        twice = Order(pet_id=order.pet_id, total_amount=order.total_amount)
        with pytest.raises(IntegrityError), transaction.atomic():
            twice.save(force_insert=True)
        assert _sum_order_counts() == 1


@pytest.mark.django_db(transaction=True)
def test_simultaneous_orders_are_all_counted(acme: Tenant) -> None:
    pets = [pet.id for pet in PetFactory.create_batch(8, tenant=acme)]

    def buy(pet_id: UUID) -> None:
        with tenant_scope(acme.id):
            place_order(pet_id=pet_id, actor=SYSTEM)

    run_together([partial(buy, pet_id) for pet_id in pets])
    with tenant_scope(acme.id):
        assert (_sum_order_counts(), Order.objects.count()) == (8, 8)


@pytest.mark.django_db
def test_a_customer_counts_only_their_own(acme: Tenant, alice: User) -> None:
    OrderFactory.create_batch(2, tenant=acme)
    OrderFactory.create(tenant=acme, customer=alice)
    with tenant_scope(acme.id):
        assert count_listed_orders(acting(alice), up_to=CAP) == 1
