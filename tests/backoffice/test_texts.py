"""Nobody types a character that a terminal obeys, or that turns text round, into a form."""

import pytest

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tests.backoffice.screens import Screen, messages_on, reload_row, text_of
from tests.snapshots import snapshot

TURNED = "Re\u202ex"
REFUSED = "without control or direction characters"
PET = {"name": "Rex", "species": "DOG", "age_months": 3, "price": "1.00", "currency": "USD", "status": "AVAILABLE"}


@pytest.mark.parametrize("field", ["name", "breed", "color", "description", "health_notes"])
def test_a_pets_form_refuses_it_at_its_field(rex: Pet, sams: Screen, field: str) -> None:
    before = snapshot()
    page = sams.fill("pets_pet_change", rex.pk, **PET | {field: TURNED}, seen_version=rex.version)
    assert REFUSED in page.context["adminform"].form.errors[field][0]
    assert snapshot() == before


def test_a_description_keeps_its_lines(rex: Pet, sams: Screen) -> None:
    sams.fill("pets_pet_change", rex.pk, **PET, description="One.\r\nTwo.", seen_version=rex.version)
    assert reload_row(rex).description.splitlines() == ["One.", "Two."]


def test_a_persons_name_is_refused(alice: User, roots: Screen) -> None:
    before = snapshot()
    form = {"email": alice.email, "first_name": TURNED, "last_name": "Morgan", "seen_version": alice.version}
    assert REFUSED in text_of(roots.fill("accounts_user_change", alice.pk, **form))
    assert snapshot() == before


def test_a_reason_is_refused(order: Order, sams: Screen) -> None:
    before = snapshot()
    page = sams.press(order, "cancel", reason=TURNED)
    assert len(messages_on(page)) == 1
    assert REFUSED in messages_on(page)[0]
    assert snapshot() == before
