"""Input that none of our pages sends gets a sentence that a clerk understands, and changes nothing."""

import re
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from orders.models import Order
from pets.images import MAX_BYTES
from pets.models import Pet
from petstore.interfaces.backoffice.framework.forms import STALE
from petstore.server.request_limits import MAX_UPLOAD
from tenants.models import Tenant
from tests.backoffice.screens import Page, Screen, messages_on, reload_row, text_of
from tests.backoffice.test_csp import Inline
from tests.backoffice.test_pets import BELLA, make_picture, photos_of
from tests.pets.pictures import SCRIPT, make_plain_picture
from tests.snapshots import snapshot

FORMULAS = ("=HYPERLINK(1)", "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3")
HOSTILE_NAMES = (
    "../../settings.py",
    "<script>alert(1)</script>.png",
    "a" * 300 + ".png",
    "x.png\r\nSet-Cookie: a=b",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
)
NO_QUERIES = ("q=%00", "status__exact=%00", "user__password=x", "_to_field=password")
VAIN_QUERIES = (
    f"p={10**30}",
    "o=99.-99",
    "created_at_from=9999-12-31",
    "created_at__year=99999",
    "created_at__year=x",
    "tenant=%27",
    "e=1",
    "q=%ED%A0%80",
)
INSIDE = ("Traceback", "Exception", "django", "petstore.", str(settings.BASE_DIR), "SELECT")


def is_for_people(page: Page, status: int, sentence: str) -> bool:
    """Return whether it is one of our error pages with this sentence, which leaks nothing."""
    text = text_of(page)
    assert page.status_code == status
    assert page.headers["Content-Type"].startswith("text/html")
    assert [word for word in INSIDE if word in text] == []
    assert Inline(text).found == []
    return all(part in text for part in (sentence, 'lang="en"', 'content="light dark"', 'name="viewport"', "</h1>"))


def test_a_page_that_is_not_there(sams: Screen) -> None:
    for address in ("/nowhere", "/admin/nowhere/", "/admin/orders/order/1/command/fly/"):
        assert is_for_people(sams.get(address), 404, "Page not found")


def test_a_page_that_one_may_not_open(sams: Screen, order: Order) -> None:
    assert is_for_people(sams.open("orders_order_delete", order.pk), 403, "You may not do this")


@pytest.mark.parametrize("query", NO_QUERIES)
def test_a_query_that_no_page_sends(sams: Screen, order: Order, query: str) -> None:
    assert is_for_people(sams.get(f"/admin/orders/order/?{query}"), 400, "This request cannot be read")


@pytest.mark.parametrize("query", VAIN_QUERIES)
def test_a_query_that_finds_nothing_is_no_error(sams: Screen, order: Order, query: str) -> None:
    assert sams.get(f"/admin/orders/order/?{query}", follow=True).status_code == 200


@pytest.mark.parametrize("object_id", ["1", "%00", "_00", "..", "%F0%9F%90%BE", "0" * 4000])
def test_an_address_that_names_no_row(sams: Screen, order: Order, object_id: str) -> None:
    for end in ("change", "history", "command/approve"):
        assert sams.get(f"/admin/orders/order/{object_id}/{end}/", follow=True).status_code in {200, 404}


def test_an_error_of_ours_tells_its_number_and_nothing_else(sams: Screen, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.rest.failing_urls"
    sams.raise_request_exception = False
    page = sams.get("/failing")
    assert is_for_people(page, 500, "Something went wrong on our side")
    assert page.headers["X-Request-ID"] in text_of(page)
    assert "the inside of the service" not in text_of(page)


def test_too_many_log_ins(db: None, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT = (1, 86_400)
    login = {"username": "nobody", "password": "wrong"}
    Screen().post(reverse("admin:login"), login)
    assert is_for_people(
        Screen().post(reverse("admin:login"), login), 429, "There were too many attempts. Try again in"
    )


def test_a_form_that_another_site_sends(sams: Screen, order: Order) -> None:
    browser = Screen(enforce_csrf_checks=True)
    browser.cookies = SimpleCookie(sams.cookies.output(header="", sep=";"))
    before = snapshot()
    assert is_for_people(browser.press(order, "approve"), 403, "This form is out of date")
    assert snapshot() == before


@pytest.mark.parametrize("version", ["", "x", "0", "-1", str(2**31), str(10**30), "1.5", "²"])
def test_a_forged_version(sams: Screen, order: Order, version: str) -> None:
    before = snapshot()
    assert sams.press(order, "approve", version=version).status_code == 200
    assert reload_row(order).status == order.status
    assert snapshot() == before


def test_a_button_of_a_page_that_has_become_stale(sams: Screen, order: Order) -> None:
    sams.press(order, "approve", reason="Paid in cash")
    before = snapshot()
    page = sams.press(order, "cancel", reason="The customer called")
    assert messages_on(page) == [f"{order.pk}: {STALE}"]
    assert snapshot() == before


def test_a_form_that_has_become_stale(sams: Screen, rex: Pet) -> None:
    sams.fill("pets_pet_change", rex.pk, **BELLA, seen_version=rex.version)
    before = snapshot()
    page = sams.fill("pets_pet_change", rex.pk, **BELLA | {"name": "Luna"}, seen_version=rex.version)
    assert STALE in text_of(page)
    assert snapshot() == before


@pytest.mark.parametrize("field", ["species", "price", "age_months", "currency", "status", "seen_version"])
@pytest.mark.parametrize("value", ["=1+1", "9" * 40, "-1", "NaN", "<b>", "1e400"])
def test_a_forged_field(sams: Screen, rex: Pet, field: str, value: str) -> None:
    before = snapshot()
    page = sams.fill("pets_pet_change", rex.pk, **BELLA | {"seen_version": rex.version} | {field: value})
    assert "errornote" in text_of(page) or page.context["adminform"].form.errors
    assert snapshot() == before


@pytest.mark.parametrize("formula", FORMULAS[:3])
def test_a_formula_for_a_username(roots: Screen, acme: Tenant, formula: str) -> None:
    values = {"username": formula, "email": "x@example.com", "password": "correct horse battery", "store": acme.pk}
    before = snapshot()
    page = roots.fill("accounts_user_add", **values)
    assert page.context["adminform"].form.errors["username"] == ["Use letters, digits and @ . + - _ only."]
    assert snapshot() == before


@pytest.mark.parametrize("name", [*FORMULAS, "<script>alert(1)</script>", "{{ 7|add:7 }}", '"><img src=x onerror=y>'])
def test_a_pets_name_is_text_wherever_it_stands(sams: Screen, rex: Pet, name: str) -> None:
    sams.fill("pets_pet_change", rex.pk, **BELLA | {"name": name, "seen_version": rex.version})
    assert reload_row(rex).name == name
    for page in (sams.open("pets_pet_changelist"), sams.open("pets_pet_change", rex.pk)):
        assert name in text_of(page)
        assert Inline(page.content.decode()).found == []


@pytest.mark.parametrize("file_name", HOSTILE_NAMES)
def test_a_hostile_file_name_names_nothing(sams: Screen, rex: Pet, file_name: str) -> None:
    values: dict[str, Any] = BELLA | {"seen_version": rex.version}
    page = sams.fill("pets_pet_change", rex.pk, **values, photo=make_picture(file_name))
    (photo,) = photos_of(rex)
    assert re.fullmatch(r"/media/pets/(?:[0-9a-f-]{36}/)?[0-9a-f-]{36}\.(?:png|jpg|webp)", photo.address)
    assert file_name not in page.content.decode()


@pytest.mark.parametrize("content", [SCRIPT, b"", b"%PDF-1.7", b"GIF89a" + b"\0" * 40])
@pytest.mark.parametrize("file_name", ["rex.png", "rex.svg", "../rex.php"])
def test_a_file_that_is_no_picture(sams: Screen, rex: Pet, content: bytes, file_name: str) -> None:
    before, file = snapshot(), SimpleUploadedFile(file_name, content, "image/png")
    page = sams.fill("pets_pet_change", rex.pk, **BELLA, seen_version=rex.version, photo=file)
    assert page.context["adminform"].form.errors
    assert 'value="Bella"' in text_of(page)
    assert snapshot() == before


def test_a_photo_that_is_too_large_keeps_the_rest_of_the_form(sams: Screen, rex: Pet) -> None:
    before, file = snapshot(), SimpleUploadedFile("rex.png", make_plain_picture() + b"\0" * MAX_BYTES, "image/png")
    page = sams.fill("pets_pet_change", rex.pk, **BELLA, seen_version=rex.version, photo=file)
    assert "5 MB" in page.context["adminform"].form.errors.as_text()
    assert 'value="Bella"' in text_of(page)
    assert snapshot() == before


@pytest.mark.parametrize("is_at_a_page_with_a_form", [True, False])
def test_a_body_that_no_photo_needs_is_not_read(sams: Screen, rex: Pet, is_at_a_page_with_a_form: bool) -> None:
    before, file = snapshot(), SimpleUploadedFile("rex.png", b"\0" * MAX_UPLOAD, "image/png")
    address = reverse("admin:pets_pet_change", args=(rex.pk,)) if is_at_a_page_with_a_form else "/"
    page = sams.post(address, BELLA | {"seen_version": rex.version, "photo": file})
    assert is_for_people(page, 413, "This is too large")
    assert snapshot() == before


def test_a_form_of_too_many_fields(sams: Screen, order: Order) -> None:
    before = snapshot()
    page = sams.press(order, "approve", **{f"field{number}": "x" for number in range(1100)})
    assert is_for_people(page, 400, "This request cannot be read")
    assert snapshot() == before


def test_a_way_back_that_leads_elsewhere_is_not_taken(sams: Screen, order: Order, sam: User) -> None:
    for address in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        page = sams.open("orders_order_command", order.pk, "cancel", back=address)
        assert "evil.example" not in text_of(page)
        assert Inline(text_of(page)).found == []
