"""Unusual steps require a reason: an unpaid order is approved, an adopted pet becomes available."""

import pytest
from django.db.models import Model

from events.models import AuditEvent
from orders.models import Order, OrderTransition
from orders.states import Status
from payments.models import Payment
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, count_audit_events, messages_on, reload_row, text_of
from tests.factories import OrderFactory, PetFactory
from tests.payments.paying import pay
from tests.snapshots import snapshot

CASH = "Paid in cash"
BACK = "Brought back by the family"
ASKS = "No payment covers the orders listed here."


@pytest.fixture
def adopted(acme: Tenant) -> Pet:
    return PetFactory.create(tenant=acme, name="Bella", status="ADOPTED")


def reasons_of(order: Order) -> list[str]:
    with tenant_scope(order.tenant_id):
        return list(OrderTransition.objects.filter(order=order).order_by("pk").values_list("reason", flat=True))


def rows_on(page: Page) -> tuple[list[Model], list[Model]]:
    """The rows of a confirmation: those that want a reason, and the others."""
    return [row for row, _ in page.context["unusual_rows"]], [row for row, _ in page.context["usual_rows"]]


def test_an_unpaid_order_is_asked_about_and_stays_as_it_is(order: Order, sams: Screen) -> None:
    before = snapshot()
    page = sams.press(order, "approve")
    assert ASKS in text_of(page)
    assert "This field is required." not in text_of(page)
    assert snapshot() == before


@pytest.mark.parametrize("reason", ["", "   "])
def test_an_answer_without_a_reason_is_asked_again(order: Order, sams: Screen, reason: str) -> None:
    before = snapshot()
    assert "This field is required." in text_of(sams.press(order, "approve", reason=reason))
    assert snapshot() == before


def test_an_unpaid_order_goes_its_way_with_reasons_that_its_history_keeps(order: Order, sams: Screen) -> None:
    for command in ("approve", "ship", "deliver"):
        sams.press(reload_row(order), command, reason=f"{CASH}: {command}")
    assert reload_row(order).status == Status.DELIVERED
    assert reasons_of(order) == ["", f"{CASH}: approve", f"{CASH}: ship", f"{CASH}: deliver"]


def test_a_paid_order_is_asked_nothing(order: Order, payment: Payment, sams: Screen) -> None:
    page = sams.press(reload_row(order), "ship")
    assert messages_on(page) == ["1 order shipped."]


def test_a_declined_payment_covers_nothing(order: Order, sams: Screen) -> None:
    pay(order, "4000000000000002")
    assert ASKS in text_of(sams.press(order, "approve"))
    assert reload_row(order).status == Status.PLACED


def test_many_are_listed_with_the_unpaid_ones_first_and_nothing_has_changed(
    order: Order, payment: Payment, sams: Screen
) -> None:
    paid = reload_row(order)
    unpaid = OrderFactory.create(tenant=paid.tenant)
    sams.press(unpaid, "approve", reason=CASH)
    before = snapshot()
    page = sams.tick([paid, unpaid], "ship")
    assert rows_on(page) == ([unpaid], [paid])
    assert snapshot() == before


def test_of_many_only_the_unpaid_ones_keep_the_reason(order: Order, payment: Payment, sams: Screen) -> None:
    paid = reload_row(order)
    unpaid = OrderFactory.create(tenant=paid.tenant)
    sams.press(unpaid, "approve", reason=CASH)
    page = sams.tick([paid, unpaid], "ship", confirmed="yes", reason="The bank transfer is on its way")
    assert messages_on(page) == ["2 orders shipped."]
    assert reasons_of(unpaid)[-1] == "The bank transfer is on its way"
    assert reasons_of(paid)[-1] == ""


def test_many_without_a_reason_are_asked_again(order: Order, sams: Screen) -> None:
    before = snapshot()
    page = sams.tick([order], "approve", confirmed="yes", reason="")
    assert "This field is required." in text_of(page)
    assert snapshot() == before


def test_many_paid_orders_are_asked_nothing(order: Order, payment: Payment, sams: Screen) -> None:
    assert messages_on(sams.tick([order], "ship")) == ["1 order shipped."]


def test_an_adopted_pet_is_asked_about_and_stays_as_it_is(adopted: Pet, sams: Screen) -> None:
    before = snapshot()
    page = sams.fill("pets_pet_command", adopted.pk, "available", version=adopted.version)
    assert "Adopted already." in text_of(page)
    assert snapshot() == before


@pytest.mark.parametrize(("command", "status"), [("available", "AVAILABLE"), ("not_available", "NOT_AVAILABLE")])
def test_an_adopted_pet_changes_with_a_reason_that_the_journal_keeps(
    adopted: Pet, sams: Screen, command: str, status: str
) -> None:
    sams.fill("pets_pet_command", adopted.pk, command, version=adopted.version, reason=BACK)
    assert reload_row(adopted).status == status
    with tenant_scope(adopted.tenant_id):
        entry = AuditEvent.objects.filter(entity_id=adopted.pk).latest("created_at", "id")
    assert entry.details == {"changes": {"status": ["ADOPTED", status]}, "reason": BACK}


def test_of_many_pets_the_adopted_ones_are_listed_first(adopted: Pet, acme: Tenant, sams: Screen) -> None:
    other = PetFactory.create(tenant=acme, status="NOT_AVAILABLE")
    page = sams.tick([other, adopted], "available")
    assert rows_on(page) == ([adopted], [other])
    page = sams.tick([other, adopted], "available", confirmed="yes", reason=BACK)
    assert messages_on(page) == ["2 pets made available."]


def test_the_form_of_an_adopted_pet_does_not_make_it_available(adopted: Pet, sams: Screen) -> None:
    entries = count_audit_events(adopted.pk)
    form = {"name": "Bella", "species": "DOG", "age_months": 3, "price": "1.00", "currency": "USD"}
    page = sams.fill("pets_pet_change", adopted.pk, **form, status="AVAILABLE", seen_version=adopted.version)
    assert "This pet was adopted" in text_of(page)
    assert (reload_row(adopted).status, count_audit_events(adopted.pk)) == ("ADOPTED", entries)
    page = sams.fill("pets_pet_change", adopted.pk, **form, status="ADOPTED", seen_version=adopted.version)
    assert (reload_row(adopted).name, reload_row(adopted).version) == ("Bella", adopted.version + 1)
