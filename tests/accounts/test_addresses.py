"""One form of an e-mail address on both databases, whoever writes it where."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command

from accounts.email_address import normalise_email_address
from accounts.errors import Duplicate
from accounts.models import User
from accounts.services.registration import Profile, register_user, update_user_profile
from kernel.actor import ANONYMOUS
from kernel.errors import Invalid
from petstore.interfaces.commands.create_admin import PASSWORD_VARIABLE
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.backoffice.conftest import roots
from tests.backoffice.screens import Screen, reload_row, text_of
from tests.client import Client
from tests.factories import PASSWORD, acting
from tests.snapshots import snapshot

__all__ = ["roots"]
NORA = Profile(email="nora@example.com", first_name="Nora", last_name="Miller")
PERSON = {"username": "nora", "firstName": "Nora", "lastName": "Miller", "password": PASSWORD}

FORMS = {
    "Ann.Lee+x@Example.COM": "Ann.Lee+x@example.com",
    "ann@bücher.example": "ann@xn--bcher-kva.example",
    "ann@BÜCHER.example": "ann@xn--bcher-kva.example",
    "ann@bu\u0308cher.example": "ann@xn--bcher-kva.example",
    "ann@XN--BCHER-KVA.example": "ann@xn--bcher-kva.example",
    "ann@\uff45xample\u3002com": "ann@example.com",
    "ann@r3---sn.example.com": "ann@r3---sn.example.com",
    "ann@localhost": "ann@localhost",
}
REFUSED = {
    "jörg@example.com": "not_ascii",
    "\u212aim@example.com": "not_ascii",  # the sign of kelvin, which some hold to be a K
    "ann@\u212a\u212a..example": "no_domain",
    "ann@xn--\u00fc.example": "no_domain",
    "ann@xn--a.example": "no_domain",
    "ann@" + "ü" * 60 + ".example": "no_domain",
    "ann@exa mple.com": "invalid",
    "ann@": "invalid",
    "@example.com": "invalid",
    "ann": "invalid",
    "": "invalid",
    "a" * 250 + "@example.com": "invalid",
    "closed:019b4139-77aa-7c3e-9b1f-2d3c4b5a6978": "invalid",
}


@pytest.mark.parametrize(("given", "form"), FORMS.items())
def test_a_form_is_the_form_of_itself(given: str, form: str) -> None:
    assert normalise_email_address(given) == form == normalise_email_address(form)


@pytest.mark.parametrize(("given", "code"), REFUSED.items())
def test_what_has_no_form_is_refused(given: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalise_email_address(given)
    assert [(fault.field, fault.code) for fault in refusal.value.faults] == [("email", code)]


@pytest.mark.parametrize("other", ["NORA@bücher.example", "nora@XN--bcher-kva.example", "nora@BÜCHER.Example"])
def test_two_spellings_are_one_address(in_acme: Tenant, alice: User, other: str) -> None:
    register_user(
        username="nora", password=PASSWORD, profile=replace(NORA, email="nora@bücher.example"), actor=ANONYMOUS
    )
    before = snapshot()
    with pytest.raises(Duplicate):
        register_user(username="sock", password=PASSWORD, profile=replace(NORA, email=other), actor=ANONYMOUS)
    with pytest.raises(Duplicate):
        update_user_profile(user_id=alice.id, profile=replace(NORA, email=other), actor=acting(alice))
    assert snapshot() == before


def test_rest_answers_the_form_and_says_what_is_wrong(pool: Tenant) -> None:
    made = Client().post("/v1/users", PERSON | {"email": "nora@Bücher.example"})
    assert made.json()["email"] == "nora@xn--bcher-kva.example"
    before = snapshot()
    refused = Client().post("/v1/users", PERSON | {"email": "jörg@example.com", "username": "joerg"})
    [fault] = refused.json()["errors"]
    assert (refused.status_code, fault["field"], fault["code"]) == (400, "email", "not_ascii")
    assert "ASCII" in fault["message"]
    assert snapshot() == before


def test_so_does_the_back_office(roots: Screen, alice: User) -> None:
    shown: dict[str, Any] = {"first_name": "Alice", "last_name": "Miller", "seen_version": alice.version}
    page = roots.fill("accounts_user_change", alice.pk, **shown, email="älice@example.com")
    assert "Before the @ of an e-mail address only ASCII" in text_of(page)
    roots.fill("accounts_user_change", alice.pk, **shown, email="alice@Bücher.example")
    assert reload_row(alice).email == "alice@xn--bcher-kva.example"


def test_so_does_the_command(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    call_command("create_admin", "nora", "nora@Bücher.example")
    with tenant_scope(SHARED_POOL_ID):
        assert User.objects.get(username="nora").email == "nora@xn--bcher-kva.example"
