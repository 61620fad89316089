"""Staff see and touch their tenants' rows; another tenant's are not there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.services.stores import add_member, remove_member
from events.models import Event
from kernel.actor import SYSTEM
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, screen_of, text_of
from tests.snapshots import snapshot

MODELS = ("orders_order", "pets_pet", "accounts_user", "tenants_tenant", "events_event")
Foreign = Callable[[str], Any]


@pytest.fixture
def foreign(foreign_order: Order, mia: Pet, charlie: User, globex: Tenant) -> Foreign:
    """A row of globex for each model that the back office shows."""
    with tenant_scope(globex.id):
        event = Event.objects.filter(entity_id=foreign_order.pk).get()
    rows = (foreign_order, mia, charlie, globex, event)
    return dict(zip(MODELS, rows, strict=True)).__getitem__


@pytest.mark.parametrize("model", MODELS)
def test_a_foreign_row_is_not_in_the_list(sams: Screen, order: Order, foreign: Foreign, model: str) -> None:
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


@pytest.mark.parametrize(("model", "command"), [("orders_order", "approve"), ("accounts_user", "suspend")])
def test_a_command_to_a_foreign_row_changes_nothing(sams: Screen, foreign: Foreign, model: str, command: str) -> None:
    before = snapshot()
    sams.fill(f"{model}_command", foreign(model).pk, command, version=1, reason="Not mine")
    assert snapshot() == before


@pytest.mark.parametrize(
    ("model", "field"), [("order", "pet"), ("order", "user"), ("pet", "tenant"), ("order", "tenant")]
)
def test_pickers_offer_no_foreign_rows(
    sams: Screen, order: Order, foreign_order: Order, model: str, field: str
) -> None:
    app = {"order": "orders", "pet": "pets"}[model]
    found = sams.open("autocomplete", app_label=app, model_name=model, field_name=field).json()["results"]
    foreign_id = getattr(foreign_order, f"{field}_id")
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
    add_member(tenant_id=globex.pk, username=sam.username, actor=SYSTEM)
    screen = screen_of(sam)
    assert screen.open("orders_order_changelist").context["cl"].result_count == 2
    assert list(screen.open("orders_order_changelist", tenant=globex.pk).context["cl"].queryset) == [foreign_order]


def test_the_tenant_filter_names_no_foreign_tenant(sams: Screen, order: Order, globex: Tenant) -> None:
    assert "Globex" not in text_of(sams.open("orders_order_changelist", tenant=globex.pk))


def test_the_dashboard_counts_ones_own_tenants_only(sams: Screen, order: Order, foreign_order: Order) -> None:
    page = sams.open("index")
    assert page.context["order_figures"][0].number == 1
    assert "Globex" not in text_of(page)
    assert "charlie" not in text_of(page)


def test_staff_without_a_tenant_see_nothing(sam: User, sams: Screen, order: Order, acme: Tenant) -> None:
    remove_member(tenant_id=acme.pk, user=sam, actor=SYSTEM)
    for model in MODELS:
        assert sams.open(f"{model}_changelist").context["cl"].result_count == 0
