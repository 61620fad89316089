"""Pets and people, in a real browser."""

from pathlib import Path

from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import User
from pets.models import Pet
from tests.backoffice.screens import reload_row


def test_a_photo_is_uploaded_and_seen(sams: Page, rex: Pet, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "rex.png")
    sams.goto(reverse("admin:pets_pet_change", args=(rex.pk,)))
    sams.locator("input[type=file]").set_input_files(tmp_path / "rex.png")
    sams.get_by_role("button", name="Save and continue editing").click()
    photo = sams.get_by_role("img", name="Rex, photo 1")
    photo.scroll_into_view_if_needed()
    expect(photo).to_have_js_property("naturalWidth", 64)


def test_a_file_that_is_no_picture_is_refused_at_its_field(sams: Page, rex: Pet, tmp_path: Path) -> None:
    (tmp_path / "rex.png").write_text("no picture")
    sams.goto(reverse("admin:pets_pet_change", args=(rex.pk,)))
    sams.get_by_label("Name").first.fill("Rexy")
    sams.locator("input[type=file]").set_input_files(tmp_path / "rex.png")
    sams.get_by_role("button", name="Save", exact=True).click()
    expect(sams.get_by_text("Only JPEG, PNG and WebP images are taken")).to_be_visible()
    expect(sams.get_by_label("Name").first).to_have_value("Rexy")
    assert reload_row(rex).name == "Rex"


def test_a_customer_is_suspended_with_a_reason_and_made_active_again(sams: Page, alice: User) -> None:
    sams.goto(reverse("admin:accounts_user_change", args=(alice.pk,)))
    sams.get_by_role("link", name="Suspend…").click()
    sams.get_by_label("Reason").fill("Fraud")
    sams.get_by_role("button", name="Suspend").click()
    expect(sams.get_by_role("status")).to_contain_text("1 user suspended.")
    assert reload_row(alice).status == User.Status.SUSPENDED
    sams.get_by_role("button", name="Reactivate").click()
    expect(sams.get_by_role("status")).to_contain_text("1 user made active again.")
    assert reload_row(alice).status == User.Status.ACTIVE
