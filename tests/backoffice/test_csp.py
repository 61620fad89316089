"""Pages run scripts that stand in files of ours, and nothing else (docs/decisions/0015)."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from orders.models import Order
from payments.models import Payment
from pets.models import Pet, PetPhoto
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, text_of
from webhooks.models import Delivery, Endpoint

OURS = ("/", "/admin/login/", "/nowhere", "/v1/docs")


class Inline(HTMLParser):
    """Find what the policy would not run: inline script and style, and attributes that are handlers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names and names.get("type") != "application/json"):
            self.found.append(tag)
        self.found += [name for name in names if re.fullmatch(r"on[a-z]+", name)]
        self.found += [str(value) for value in names.values() if str(value).lower().startswith("javascript:")]


def policy_of(page: Page) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in page.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, _, sources in parts}


def open_pages(sams: Screen, order: Order, rex: Pet, delivery: Delivery, endpoint: Endpoint) -> list[Page]:
    """One of each kind."""
    lists = ("orders_order", "pets_pet", "accounts_user", "payments_payment", "webhooks_delivery", "events_auditevent")
    rows = (("orders_order", order), ("pets_pet", rex), ("webhooks_endpoint", endpoint))
    return [
        sams.open("index"),
        sams.open("password_change"),
        *(sams.open(f"{name}_changelist") for name in lists),
        *(sams.open(f"{name}_change", row.pk) for name, row in rows),
        sams.open("orders_order_add"),
        sams.open("pets_pet_add"),
        sams.open("orders_order_command", order.pk, "cancel"),
        sams.open("webhooks_endpoint_delete", endpoint.pk),
    ]


def test_no_page_of_the_back_office_has_anything_inline(
    sams: Screen, order: Order, rex: Pet, delivery: Delivery, endpoint: Endpoint
) -> None:
    for page in open_pages(sams, order, rex, delivery, endpoint):
        assert Inline(text_of(page)).found == [], page.wsgi_request.path


def test_every_page_of_the_back_office_has_the_policy(
    sams: Screen, order: Order, rex: Pet, delivery: Delivery, endpoint: Endpoint
) -> None:
    for page in open_pages(sams, order, rex, delivery, endpoint):
        policy = policy_of(page)
        assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
        assert (policy["base-uri"], policy["frame-ancestors"], policy["form-action"]) == ("'none'", "'none'", "'self'")


@pytest.mark.parametrize("address", OURS)
def test_the_pages_for_everybody_have_one_and_nothing_inline(db: None, address: str) -> None:
    page = Client().get(address)
    assert policy_of(page)["script-src"] == "'self'"
    assert Inline(text_of(page)).found == []


def test_a_pets_photo_from_elsewhere_is_shown(sams: Screen, rex: Pet) -> None:
    with tenant_scope(rex.tenant_id):
        PetPhoto.objects.create(pet=rex, url="http://photos.example/rex.jpg")
    page = sams.open("pets_pet_change", rex.pk)
    assert 'src="http://photos.example/rex.jpg"' in text_of(page)
    assert {"http:", "https:"} <= {*policy_of(page)["img-src"].split()}


def test_a_page_that_asks_for_the_password_has_nothing_inline(root: User, roots: Screen, order: Order) -> None:
    session = roots.session
    del session["proved_at"]
    session.save()
    page = roots.open("orders_order_command", order.pk, "force_cancel")
    assert 'name="password"' in text_of(page)
    assert Inline(text_of(page)).found == []


def test_a_receipt_has_the_policy_that_customers_see(sams: Screen, payment: Payment) -> None:
    policy = policy_of(sams.open("payments_payment_receipt", payment.pk))
    assert (policy["default-src"], policy["style-src"]) == ("'none'", "'unsafe-inline'")
    assert "script-src" not in policy


def test_the_reference_keeps_a_policy_of_its_own(db: None) -> None:
    assert policy_of(Client().get("/v1/docs"))["form-action"] == "'none'"


def test_the_api_pays_for_none(db: None) -> None:
    assert "Content-Security-Policy" not in Client().get("/v1/pets").headers


def test_what_is_inline_would_be_found() -> None:
    page = '<style>a{}</style><script>1</script><a href="javascript:x" onclick="y" x-on:click="z">'
    assert Inline(page).found == ["style", "script", "onclick", "javascript:x"]


def test_alpine_is_the_build_that_evaluates_nothing(sams: Screen) -> None:
    page = text_of(sams.open("index"))
    assert "/alpine/alpine.js" not in page
    assert "alpine.csp.js" in page
    script = Path("petstore/static/petstore/alpine/alpine.csp.js").read_text(encoding="utf-8")
    assert not re.search(r"\bnew Function\b|\beval\(", script)
