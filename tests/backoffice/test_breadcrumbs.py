"""The way down to a page that stands above it: app, model, row."""

import re

import pytest
from django.db.models import Model
from django.urls import reverse

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tests.backoffice.screens import Page, Screen, text_of
from tests.browser.page_addresses import LISTS
from tests.factories import PetFactory
from webhooks.models import Delivery, Endpoint


def way_to(page: Page) -> list[tuple[str, str]]:
    """The address and the name of each step, the page itself being the last."""
    heading = re.search(r"<h1 .*?</h1>", text_of(page), re.DOTALL)
    assert heading is not None
    return re.findall(r'<a href="(/[^"]+)"[^>]*>\s*(.*?)\s*</a\s*>', heading[0], re.DOTALL)


def breadcrumb_names(page: Page) -> list[str]:
    return [name for _, name in way_to(page)]


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=(row.pk,))


def test_the_way_to_an_order_names_orders_once(roots: Screen, order: Order) -> None:
    assert breadcrumb_names(roots.get(page_of(order))) == ["Orders", str(order)]


def test_the_one_name_leads_to_the_list(roots: Screen, order: Order) -> None:
    addresses = [address for address, _ in way_to(roots.get(page_of(order)))]
    assert addresses == [reverse("admin:orders_order_changelist"), page_of(order)]


def test_an_app_and_a_model_of_different_names_are_both_named(roots: Screen, alice: User, delivery: Delivery) -> None:
    assert breadcrumb_names(roots.get(page_of(alice)))[:2] == ["Accounts", "Users"]
    assert breadcrumb_names(roots.get(page_of(delivery)))[:2] == ["Webhooks", "Deliveries"]


def test_a_row_that_is_called_like_its_model_keeps_its_place(roots: Screen, db: None) -> None:
    pet = PetFactory.create(name="Pets")
    assert breadcrumb_names(roots.get(page_of(pet))) == ["Pets", "Pets"]


@pytest.mark.parametrize("model", LISTS.values())
def test_no_list_is_named_twice(roots: Screen, model: str) -> None:
    way = breadcrumb_names(roots.open(f"{model}_changelist"))
    assert way
    assert len(way) == len(set(way))


def test_no_row_is_named_twice(
    roots: Screen, order: Order, rex: Pet, alice: User, delivery: Delivery, endpoint: Endpoint
) -> None:
    for row in (order, rex, alice, alice.tenant, delivery, endpoint):
        way = breadcrumb_names(roots.get(page_of(row)))
        assert len(way) == len(set(way)), way
