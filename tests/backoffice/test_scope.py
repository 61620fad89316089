"""Staff see and touch their tenants' rows; another tenant's are not there."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.services.tenants import add_tenant_member, remove_tenant_member
from events.models import AuditEvent
from kernel import ids
from kernel.actor import SYSTEM
from orders.models import Order
from payments.models import Payment
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, rows_on, screen_of, text_of
from tests.factories import PetFactory
from tests.snapshots import snapshot
from webhooks.models import Delivery, Endpoint

MODELS = (
    "orders_order",
    "pets_pet",
    "accounts_user",
    "tenants_tenant",
    "events_auditevent",
    "payments_payment",
    "webhooks_endpoint",
    "webhooks_delivery",
)
COMMANDS = (
    ("orders_order", "approve"),
    ("accounts_user", "suspend"),
    ("tenants_tenant", "callback_secret"),
    ("payments_payment", "refund"),
    ("webhooks_endpoint", "test"),
    ("webhooks_endpoint", "pause"),
    ("webhooks_endpoint", "resume"),
    ("webhooks_endpoint", "rotate"),
    ("webhooks_delivery", "redeliver"),
)
Foreign = Callable[[str], Any]


@pytest.fixture
def foreign(
    foreign_delivery: Delivery, foreign_payment: Payment, foreign_endpoint: Endpoint, charlie: User, globex: Tenant
) -> Foreign:
    """A row of globex for each model that the back office shows."""
    with tenant_scope(globex.id):
        order = Order.objects.select_related("pet").get()
        event = AuditEvent.objects.filter(entity_id=order.pk).earliest("pk")
    rows = (order, order.pet, charlie, globex, event, foreign_payment, foreign_endpoint, foreign_delivery)
    return dict(zip(MODELS, rows, strict=True)).__getitem__


@pytest.fixture
def own(delivery: Delivery, payment: Payment) -> None:
    """A row of acme for each of these models."""


@pytest.mark.parametrize("model", MODELS)
def test_a_foreign_row_is_not_in_the_list(sams: Screen, own: None, foreign: Foreign, model: str) -> None:
    page = sams.open(f"{model}_changelist")
    assert page.context["cl"].result_count > 0
    assert str(foreign(model).pk) not in text_of(page)


@pytest.mark.parametrize("model", MODELS)
def test_a_foreign_row_is_in_an_admins_list(roots: Screen, order: Order, foreign: Foreign, model: str) -> None:
    assert str(foreign(model).pk) in text_of(roots.open(f"{model}_changelist"))


@pytest.mark.parametrize("model", MODELS)
def test_a_search_for_a_foreign_id_finds_nothing(sams: Screen, order: Order, foreign: Foreign, model: str) -> None:
    page = sams.open(f"{model}_changelist", q=str(foreign(model).pk))
    assert page.context["cl"].result_count == 0


@pytest.mark.parametrize("page", ["change", "delete", "history"])
@pytest.mark.parametrize("model", MODELS)
def test_a_foreign_rows_page_leads_away(sams: Screen, foreign: Foreign, model: str, page: str) -> None:
    answer = sams.get(reverse(f"admin:{model}_{page}", args=(foreign(model).pk,)))
    assert answer.status_code in (302, 403)
    assert "Mia" not in text_of(answer)


@pytest.mark.parametrize("page", ["change", "delete"])
@pytest.mark.parametrize("model", MODELS)
def test_a_post_to_a_foreign_rows_page_changes_nothing(sams: Screen, foreign: Foreign, model: str, page: str) -> None:
    address, before = reverse(f"admin:{model}_{page}", args=(foreign(model).pk,)), snapshot()
    assert sams.post(address, {"post": "yes", "name": "Stolen"}).status_code in (302, 403)
    assert snapshot() == before


@pytest.mark.parametrize(("model", "command"), COMMANDS)
def test_a_command_to_a_foreign_row_changes_nothing(sams: Screen, foreign: Foreign, model: str, command: str) -> None:
    row, before = foreign(model), snapshot()
    page = sams.fill(f"{model}_command", row.pk, command, version=getattr(row, "version", 1), reason="Not mine")
    assert snapshot() == before
    assert "whsec_" not in text_of(page)


@pytest.mark.parametrize(("model", "command"), [row for row in COMMANDS if row[0].startswith("webhooks")])
def test_a_foreign_row_among_the_ticked_stays_as_it_is(
    sams: Screen, foreign: Foreign, model: str, command: str
) -> None:
    row, before = foreign(model), snapshot()
    sams.tick([row], command)
    assert snapshot() == before


def test_a_foreign_receipt_is_not_found(sams: Screen, foreign_payment: Payment) -> None:
    assert sams.open("payments_payment_receipt", foreign_payment.pk).status_code == 404


def test_no_endpoint_is_added_to_a_foreign_tenant(sams: Screen, globex: Tenant) -> None:
    before = snapshot()
    page = sams.fill("webhooks_endpoint_add", store=globex.pk, url="https://a.example", events=["payment.failed"])
    assert {*page.context["adminform"].form.errors} == {"store"}
    assert snapshot() == before


def test_the_endpoint_filter_names_no_foreign_endpoint(
    sams: Screen, delivery: Delivery, foreign_delivery: Delivery, foreign_endpoint: Endpoint
) -> None:
    page = sams.open("webhooks_delivery_changelist", endpoint=foreign_endpoint.pk)
    assert page.context["cl"].result_count == 0
    assert "https://shop.example/hooks" in text_of(page)
    assert "globex.example" not in text_of(page)


@pytest.mark.parametrize(
    ("app", "model", "field"),
    [
        ("orders", "order", "pet"),
        ("orders", "order", "user"),
        ("orders", "order", "tenant"),
        ("pets", "pet", "tenant"),
        ("webhooks", "endpoint", "tenant"),
    ],
)
def test_pickers_offer_no_foreign_rows(  # the parts of a picker's address
    sams: Screen, order: Order, foreign_order: Order, app: str, model: str, field: str
) -> None:
    _, available = (PetFactory.create(tenant=each.tenant) for each in (order, foreign_order))
    found = sams.open("autocomplete", app_label=app, model_name=model, field_name=field).json()["results"]
    foreign_id = available.pk if field == "pet" else getattr(foreign_order, f"{field}_id")
    assert found
    assert str(foreign_id) not in [row["id"] for row in found]


def test_a_foreign_pet_cannot_be_ordered(sams: Screen, alice: User, mia: Pet) -> None:
    before = snapshot()
    page = sams.fill("orders_order_add", pet=mia.pk, user=alice.pk)
    assert "Select a valid choice" in text_of(page)
    assert snapshot() == before


def test_a_pet_of_one_tenant_is_not_ordered_for_a_customer_of_another(roots: Screen, rex: Pet, charlie: User) -> None:
    before = snapshot()
    page = roots.fill("orders_order_add", pet=rex.pk, user=charlie.pk)
    assert "There is no such user in this store." in text_of(page)
    assert snapshot() == before


def test_no_pet_is_added_to_a_foreign_tenant(sams: Screen, globex: Tenant) -> None:
    before = snapshot()
    page = sams.fill("pets_pet_add", store=globex.pk)
    assert "store" in page.context["adminform"].form.errors
    assert snapshot() == before


def test_staff_of_two_tenants_see_both_and_filter_by_either(
    sam: User, globex: Tenant, order: Order, foreign_order: Order
) -> None:
    add_tenant_member(tenant_id=globex.pk, username=sam.username, actor=SYSTEM)
    screen = screen_of(sam)
    assert screen.open("orders_order_changelist").context["cl"].result_count == 2
    assert rows_on(screen.open("orders_order_changelist", tenant=globex.pk)) == [foreign_order]


def test_the_tenant_filter_names_no_foreign_tenant(sams: Screen, order: Order, globex: Tenant) -> None:
    assert "Globex" not in text_of(sams.open("orders_order_changelist", tenant=globex.pk))


@pytest.mark.parametrize("model", [model for model in MODELS if model != "tenants_tenant"])
def test_a_list_by_a_foreign_tenant_is_empty_and_tells_no_more_than_one_by_an_unknown_id(
    sams: Screen, own: None, foreign: Foreign, acme: Tenant, globex: Tenant, model: str
) -> None:
    everything, own_tenants = (sams.open(f"{model}_changelist", **asked) for asked in ({}, {"tenant": acme.pk}))
    assert rows_in(own_tenants) == rows_in(everything) > 0
    pages = {asked: sams.open(f"{model}_changelist", tenant=asked) for asked in (globex.pk, ids.new_id())}
    assert [rows_in(page) for page in pages.values()] == [0, 0]
    known, unknown = (comparable_text(page, asked) for asked, page in pages.items())
    assert known == unknown


def rows_in(page: Page) -> int:
    count: int = page.context["cl"].result_count
    return count


def comparable_text(page: Page, asked: UUID) -> str:
    """The page's text without what differs from one opening to the next, and without the id that it was asked for."""
    return re.sub(rf'{asked}|…{str(asked)[-12:]}|csrf\w+" value="\w+', "", text_of(page))


def test_a_file_of_a_foreign_tenants_orders_is_empty(sams: Screen, order: Order, foreign_order: Order) -> None:
    lines = {
        asked: b"".join(sams.open("orders_order_export", tenant=asked).streaming_content).decode().splitlines()
        for asked in (order.tenant_id, foreign_order.tenant_id)
    }
    assert [len(each) for each in lines.values()] == [2, 1]


def test_the_dashboard_counts_ones_own_tenants_only(sams: Screen, order: Order, foreign_order: Order) -> None:
    page = sams.open("index")
    assert page.context["order_figures"][0].number == 1
    assert "Globex" not in text_of(page)
    assert "charlie" not in text_of(page)


def test_staff_without_a_tenant_see_nothing(sam: User, sams: Screen, order: Order, acme: Tenant) -> None:
    remove_tenant_member(tenant_id=acme.pk, user=sam, actor=SYSTEM)
    for model in MODELS:
        assert sams.open(f"{model}_changelist").context["cl"].result_count == 0
