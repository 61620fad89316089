"""The order that a customer is calling about is found by what they can say of it."""

import pytest

from accounts.models import User
from orders import search
from orders.models import Order
from orders.search import find_orders
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.query_plans import explain_among_many
from tests.backoffice.screens import Screen, rows_on
from tests.factories import CustomerFactory, OrderFactory, PetFactory


@pytest.fixture
def wanted(acme: Tenant) -> Order:
    """Maria Lopez's, for Biscuit; another customer has another pet."""
    OrderFactory.create(tenant=acme, customer=CustomerFactory.create(tenant=acme, phone="+15550000000"))
    maria = CustomerFactory.create(
        tenant=acme, username="mlo", email="maria@lopez.example", first_name="Maria", last_name="Lopez", phone="+34915"
    )
    return OrderFactory.create(customer=maria, pet=PetFactory.create(tenant=acme, name="Biscuit Brown"))


TERMS = ("mlo", "MARIA", "lopez", "maria@lopez.example", "lopez.ex", "+34915", "3491", "biscuit", "brown")
PAIRS = ("maria lopez", "Lopez  Biscuit", "brown maria@", " biscuit ")


@pytest.mark.parametrize("term", [*TERMS, *PAIRS])
def test_an_order_is_found_by_its_customer_and_its_pet(sams: Screen, wanted: Order, term: str) -> None:
    assert rows_on(sams.open("orders_order_changelist", q=term)) == [wanted]


@pytest.mark.parametrize("most", [0, 1])
@pytest.mark.parametrize("term", [*TERMS, *PAIRS])
def test_it_is_found_just_as_well_when_the_word_fits_too_many(
    sams: Screen, wanted: Order, term: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_MATCHES", most)
    assert rows_on(sams.open("orders_order_changelist", q=term)) == [wanted]


@pytest.mark.parametrize("term", ["maria rex", "lopez@", "+1555 biscuit", "…000000000000", "%", "_"])
def test_words_that_do_not_fit_together_find_nothing(sams: Screen, wanted: Order, term: str) -> None:
    assert rows_on(sams.open("orders_order_changelist", q=term)) == []


@pytest.mark.parametrize("before", ["", "…", "...", " "])
def test_an_order_is_found_by_the_end_of_its_id_as_pages_show_it(sams: Screen, wanted: Order, before: str) -> None:
    end = str(wanted.pk)[-12:]
    assert f"…{end}" in sams.open("orders_order_changelist").content.decode()
    assert rows_on(sams.open("orders_order_changelist", q=f"{before}{end}")) == [wanted]
    assert rows_on(sams.open("orders_order_changelist", q=f"{before}{end.upper()}")) == [wanted]


def test_a_name_that_looks_like_the_end_of_an_id_is_found_all_the_same(sams: Screen, acme: Tenant) -> None:
    order = OrderFactory.create(pet=PetFactory.create(tenant=acme, name="Decadeffffff"))
    assert rows_on(sams.open("orders_order_changelist", q="decadeffffff")) == [order]


def test_nothing_of_another_tenant_is_found(sams: Screen, foreign_order: Order, order: Order, charlie: User) -> None:
    end = str(foreign_order.pk)[-12:]
    for term in ("charlie", "Mia", f"…{end}", str(charlie.pk), str(foreign_order.pet_id), str(foreign_order.pk)):
        assert rows_on(sams.open("orders_order_changelist", q=term)) == []


def test_an_admin_finds_orders_of_all_tenants(roots: Screen, foreign_order: Order, order: Order, charlie: User) -> None:
    end = str(foreign_order.pk)[-12:]
    for term in ("charlie", "Mia", f"…{end}", str(charlie.pk), str(foreign_order.pet_id), str(foreign_order.pk)):
        assert rows_on(roots.open("orders_order_changelist", q=term)) == [foreign_order]


def test_the_search_keeps_the_other_filters(sams: Screen, wanted: Order) -> None:
    assert rows_on(sams.open("orders_order_changelist", q="maria", status__exact="PLACED")) == [wanted]
    assert rows_on(sams.open("orders_order_changelist", q="maria", status__exact="SHIPPED")) == []


@pytest.mark.as_owner
def test_the_end_of_an_id_is_looked_up_in_its_index(in_acme: Tenant, order: Order) -> None:
    by_end = Order.objects.order_by().alias(end=search.IdSuffix("id")).filter(end=str(order.pk)[-12:])
    assert "order_short_end" in explain_among_many(in_acme, by_end)


def test_a_searched_list_reads_customers_pets_and_orders_by_themselves(acme: Tenant, wanted: Order) -> None:
    with tenant_scope(acme.id):
        orders = find_orders(Order.objects.newest_first(), "maria")
        assert "JOIN" not in str(orders.query)
        assert list(orders) == [wanted]
