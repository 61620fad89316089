"""Pets: described, photographed and deleted through the use cases."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from accounts.services.tenants import add_tenant_member
from kernel.actor import SYSTEM
from orders.models import Order
from pets.models import Pet, PetPhoto
from petstore.interfaces.backoffice.framework.forms import STALE
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, count_audit_events, messages_on, reload_row, screen_of, text_of
from tests.snapshots import snapshot

BELLA: dict[str, Any] = {
    "name": "Bella",
    "species": "CAT",
    "age_months": 7,
    "price": "89.50",
    "currency": "USD",
    "status": "AVAILABLE",
    "good_with_kids": "true",
}


def make_picture(name: str = "bella.png") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), "image/png")


@pytest.fixture
def seen(rex: Pet) -> dict[str, Any]:
    """Rex's form as it was shown, with a new name."""
    return BELLA | {"seen_version": rex.version}


def photos_of(pet: Pet) -> list[PetPhoto]:
    with tenant_scope(pet.tenant_id):
        return list(PetPhoto.objects.filter(pet=pet))


def test_staff_add_a_pet_with_a_photo_and_see_it(sams: Screen, acme: Tenant) -> None:
    sams.fill("pets_pet_add", **BELLA, store=acme.pk, photo=make_picture())
    with tenant_scope(acme.id):
        bella = Pet.objects.get(name="Bella")
    assert photos_of(bella)[0].address in text_of(sams.open("pets_pet_change", bella.pk))


def test_staff_of_two_tenants_have_to_choose(sam: User, acme: Tenant, globex: Tenant) -> None:
    add_tenant_member(tenant_id=globex.pk, username=sam.username, actor=SYSTEM)
    screen, before = screen_of(sam), None
    before = snapshot()
    page = screen.fill("pets_pet_add", **BELLA)
    assert page.context["adminform"].form.errors["store"] == ["This field is required."]
    assert snapshot() == before


def test_the_only_tenant_is_chosen_already(sams: Screen, acme: Tenant) -> None:
    form = sams.open("pets_pet_add").context["adminform"].form
    assert form.fields["store"].initial == acme.pk


def test_staff_change_a_pet_and_the_journal_knows(sams: Screen, rex: Pet, seen: dict[str, Any]) -> None:
    entries = count_audit_events(rex.pk)
    sams.fill("pets_pet_change", rex.pk, **seen)
    assert reload_row(rex).name == "Bella"
    assert reload_row(rex).good_with_kids is True
    assert count_audit_events(rex.pk) == entries + 1


def test_a_stale_form_is_refused_and_shown_again(sams: Screen, rex: Pet, seen: dict[str, Any]) -> None:
    sams.fill("pets_pet_change", rex.pk, **seen)
    before = snapshot()
    page = sams.fill("pets_pet_change", rex.pk, **seen | {"name": "Luna"})
    assert STALE in text_of(page)
    assert 'value="Luna"' in text_of(page)
    assert snapshot() == before


def test_the_status_of_a_pet_that_an_order_holds_cannot_be_set(
    sams: Screen, order: Order, rex: Pet, seen: dict[str, Any]
) -> None:
    before = snapshot()
    page = sams.fill("pets_pet_change", rex.pk, **seen | {"seen_version": reload_row(rex).version})
    assert "An open order holds this pet" in text_of(page)
    assert snapshot() == before


def test_a_file_that_is_no_picture_is_refused_and_nothing_is_saved(
    sams: Screen, rex: Pet, seen: dict[str, Any]
) -> None:
    before = snapshot()
    page = sams.fill("pets_pet_change", rex.pk, **seen, photo=SimpleUploadedFile("rex.png", b"no picture"))
    assert "Only JPEG, PNG and WebP images are taken" in text_of(page)
    assert snapshot() == before


def test_a_pet_without_orders_can_be_deleted(sams: Screen, rex: Pet) -> None:
    sams.fill("pets_pet_delete", rex.pk, post="yes")
    with tenant_scope(rex.tenant_id):
        assert not Pet.objects.filter(pk=rex.pk).exists()
    assert count_audit_events(rex.pk) == 2


def test_a_pet_that_an_order_names_cannot_be_deleted(sams: Screen, order: Order, rex: Pet) -> None:
    before = snapshot()
    sams.fill("pets_pet_delete", rex.pk, post="yes")
    assert snapshot() == before


def test_asking_to_delete_deletes_nothing(sams: Screen, rex: Pet) -> None:
    before = snapshot()
    assert messages_on(sams.open("pets_pet_delete", rex.pk)) == []
    assert snapshot() == before
