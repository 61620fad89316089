"""Photos of a pet one by one, and its status by a button: through the use cases, refusals in words."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from events.models import Action, AuditEvent
from kernel.actor import ANONYMOUS, SYSTEM
from kernel.errors import LoginRequired
from orders.models import Order
from pets.errors import PhotoNotFound
from pets.models import Pet, PetPhoto
from pets.services.photos import add_photo, remove_photo
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, count_audit_events, messages_on, reload_row, text_of
from tests.backoffice.test_pets import BELLA, make_picture, photos_of
from tests.factories import PetFactory
from tests.snapshots import snapshot


@pytest.fixture
def photos(rex: Pet) -> list[PetPhoto]:
    """Rex's three, first to last."""
    with tenant_scope(rex.tenant_id):
        for _ in range(3):
            add_photo(pet_id=rex.pk, upload=BytesIO(make_picture().read()), actor=SYSTEM)
    return photos_of(rex)


def press_photo_button(screen: Screen, pet: Pet, photo: PetPhoto, name: str, **values: Any) -> Page:
    """Press a photo's button as the pet's page is now."""
    return screen.fill("pets_pet_photo", pet.pk, photo.pk, name, **{"version": reload_row(pet).version} | values)


def photo_addresses(pet: Pet) -> list[str]:
    return [photo.address for photo in photos_of(pet)]


def is_stored(photo: PetPhoto) -> bool:
    return Path(photo.file.path).exists()


def last_entry(pet: Pet) -> AuditEvent:
    with tenant_scope(pet.tenant_id):
        entry: AuditEvent = AuditEvent.objects.filter(entity_id=pet.pk).latest("created_at", "id")
    return entry


def test_the_page_has_buttons_for_each_photo(sams: Screen, rex: Pet, photos: list[PetPhoto]) -> None:
    page = text_of(sams.open("pets_pet_change", rex.pk))
    first, second, third = (f"/pets/pet/{rex.pk}/photos/{photo.pk}" for photo in photos)
    assert all(f"{place}/remove/" in page for place in (first, second, third))
    assert [f"{place}/first/" in page for place in (first, second, third)] == [False, True, True]


def test_a_photo_is_put_first_and_the_others_keep_their_order(sams: Screen, rex: Pet, photos: list[PetPhoto]) -> None:
    one, two, three = photo_addresses(rex)
    press_photo_button(sams, rex, photos[2], "first")
    assert photo_addresses(rex) == [three, one, two]
    assert last_entry(rex).action == Action.PET_UPDATED
    assert last_entry(rex).details["changes"]["photos"] == [[one, two, three], [three, one, two]]
    assert all(map(is_stored, photos))


@pytest.mark.django_db(transaction=True)
def test_a_photo_is_removed_with_its_file_and_the_others_stay(sams: Screen, rex: Pet, photos: list[PetPhoto]) -> None:
    one, _, three = photo_addresses(rex)
    press_photo_button(sams, rex, photos[1], "remove")
    assert photo_addresses(rex) == [one, three]
    assert [is_stored(photo) for photo in photos] == [True, False, True]
    assert last_entry(rex).action == Action.PET_UPDATED


def test_a_photo_elsewhere_is_removed_too(sams: Screen, acme: Tenant) -> None:
    pet = PetFactory.create(tenant=acme, photos=("https://example.com/a.jpg", "https://example.com/b.jpg"))
    press_photo_button(sams, pet, photos_of(pet)[0], "remove")
    assert photo_addresses(pet) == ["https://example.com/b.jpg"]


def test_a_click_on_a_stale_page_is_refused_in_words(sams: Screen, rex: Pet, photos: list[PetPhoto]) -> None:
    press_photo_button(sams, rex, photos[2], "first")
    before = snapshot()
    for name in ("remove", "first"):
        page = press_photo_button(sams, rex, photos_of(rex)[0], name, version=1)
        assert len(messages_on(page)) == 1
        page = press_photo_button(sams, rex, photos[0], name)
        assert messages_on(page) == ["The pet has no such photo, or no longer"]
    assert snapshot()["pets_petphoto"] == before["pets_petphoto"]


@pytest.mark.parametrize("name", ["explode", "first", "remove"])
def test_what_no_page_asks_for_is_not_found(sams: Screen, rex: Pet, photos: list[PetPhoto], name: str) -> None:
    before = snapshot()
    address = f"/admin/pets/pet/{rex.pk}/photos/{photos[1].pk}/{name}/"
    assert sams.get(address).status_code == 404
    assert sams.post(address, {"version": "" if name != "explode" else 4}).status_code == 404
    assert sams.post(f"/admin/pets/pet/{rex.pk}/photos/{'9' * 30}/{name}/", {"version": 4}).status_code == 404
    assert snapshot() == before


def test_a_photo_of_another_tenant_or_pet_stays(
    sams: Screen, mia: Pet, rex: Pet, photos: list[PetPhoto], acme: Tenant
) -> None:
    with tenant_scope(mia.tenant_id):
        foreign = add_photo(pet_id=mia.pk, upload=BytesIO(make_picture().read()), actor=SYSTEM)
    other = PetFactory.create(tenant=acme)
    before = snapshot()
    for pet, photo in ((mia, foreign), (rex, foreign), (other, photos[0])):
        sams.fill("pets_pet_photo", pet.pk, photo.pk, "remove", version=reload_row(pet).version)
    assert snapshot() == before


def test_nobody_removes_a_photo_without_logging_in(rex: Pet, photos: list[PetPhoto]) -> None:
    before = snapshot()
    answer = Client().post(f"/admin/pets/pet/{rex.pk}/photos/{photos[0].pk}/remove/", {"version": 4})
    assert answer.headers["Location"].startswith("/admin/login/")
    with tenant_scope(rex.tenant_id), pytest.raises(LoginRequired):
        remove_photo(pet_id=rex.pk, photo_id=photos[0].pk, actor=ANONYMOUS)
    with tenant_scope(rex.tenant_id), pytest.raises(PhotoNotFound):
        remove_photo(pet_id=rex.pk, photo_id=0, actor=SYSTEM)
    assert snapshot() == before


def test_the_form_shows_a_photo_before_it_is_sent(sams: Screen, rex: Pet) -> None:
    assert "petstore/photo.js" in text_of(sams.open("pets_pet_change", rex.pk))
    assert "petstore/photo.js" in text_of(sams.open("pets_pet_add"))


@pytest.mark.parametrize(
    ("start", "command", "end"),
    [("NOT_AVAILABLE", "available", "AVAILABLE"), ("AVAILABLE", "not_available", "NOT_AVAILABLE")],
)
def test_a_button_changes_the_status(sams: Screen, acme: Tenant, start: str, command: str, end: str) -> None:
    pet = PetFactory.create(tenant=acme, status=start)
    entries = count_audit_events(pet.pk)
    assert f"/command/{command}/" in text_of(sams.open("pets_pet_change", pet.pk))
    sams.fill("pets_pet_command", pet.pk, command, version=pet.version)
    assert reload_row(pet).status == end
    assert last_entry(pet).action == Action.PET_STATUS_CHANGED
    assert count_audit_events(pet.pk) == entries + 1


def test_a_pet_is_offered_no_status_that_it_has(sams: Screen, rex: Pet) -> None:
    page = text_of(sams.open("pets_pet_change", rex.pk))
    assert "/command/not_available/" in page
    assert "/command/available/" not in page


def test_many_change_at_once_and_those_that_are_held_are_named(
    sams: Screen, order: Order, rex: Pet, acme: Tenant
) -> None:
    other, gone = PetFactory.create(tenant=acme), PetFactory.create(tenant=acme, status="NOT_AVAILABLE")
    page = sams.tick([rex, other, gone], "not_available")
    assert sorted(messages_on(page)) == [
        "1 pet made not available.",
        "1 pet unchanged.",
        "Rex: An open order holds this pet",
    ]
    assert (reload_row(rex).status, reload_row(other).status) == ("PENDING", "NOT_AVAILABLE")


def test_the_status_of_a_held_pet_has_no_buttons_and_no_forged_click_changes_it(
    sams: Screen, order: Order, rex: Pet
) -> None:
    assert "/command/" not in text_of(sams.open("pets_pet_change", rex.pk))
    before = snapshot()
    page = sams.fill("pets_pet_command", rex.pk, "available", version=reload_row(rex).version)
    assert messages_on(page) == ["Rex: An open order holds this pet"]
    assert snapshot() == before


def test_a_stale_click_changes_no_status(sams: Screen, rex: Pet) -> None:
    sams.fill("pets_pet_change", rex.pk, **BELLA, seen_version=rex.version)
    before = snapshot()
    page = sams.fill("pets_pet_command", rex.pk, "not_available", version=rex.version)
    assert len(messages_on(page)) == 1
    assert snapshot() == before


def test_a_foreign_pet_among_the_ticked_stays_as_it_is(sams: Screen, rex: Pet, mia: Pet) -> None:
    sams.tick([rex, mia], "not_available")
    assert reload_row(rex).status == "NOT_AVAILABLE"
    assert reload_row(mia).version == mia.version
