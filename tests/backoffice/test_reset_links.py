"""The link to a new password, from the button to the page that it leads to."""

import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services.passwords import make_reset_token
from kernel import ids
from kernel.actor import SYSTEM
from ratelimit.services import forget_local_leases
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, messages_on, reload_row, screen_of, text_of
from tests.factories import PASSWORD
from tests.snapshots import snapshot

NEW = "a stitch in time saves nine"
TWICE = {"password": NEW, "again": NEW}
BAD = "This link is not valid, or no longer"


def address_of(user: User) -> str:
    with tenant_scope(user.tenant_id):
        return f"/password/{user.pk}/{make_reset_token(user_id=user.pk, actor=SYSTEM)}"


def handed_out(screen: Screen, user: User) -> list[str]:
    """Return the link that the button's page shows."""
    page = screen.fill("accounts_user_command", user.pk, "reset_link", version=user.version)
    return re.findall(r"(http://testserver/password/[^<\s]+)", text_of(page))


def test_a_manager_hands_out_a_link_that_works(sams: Screen, alice: User) -> None:
    assert "/command/reset_link/" in text_of(sams.open("accounts_user_change", alice.pk))
    [link] = handed_out(sams, alice)
    page = Client().post(link, TWICE)
    assert "Your password is set" in text_of(page)
    assert reload_row(alice).check_password(NEW)


def test_the_page_that_shows_it_is_kept_nowhere(sams: Screen, alice: User) -> None:
    page = sams.fill("accounts_user_command", alice.pk, "reset_link", version=alice.version)
    assert "no-store" in page["Cache-Control"]
    assert messages_on(page) == []


def test_looking_at_the_button_makes_no_link(sams: Screen, alice: User) -> None:
    before = snapshot()
    page = sams.open("accounts_user_command", alice.pk, "reset_link")
    assert "once and within 24 hours" in text_of(page)
    assert snapshot() == before


def test_staff_get_no_link_for_a_colleague(sams: Screen, sam: User) -> None:
    assert "/command/reset_link/" not in text_of(sams.open("accounts_user_change", sam.pk))
    before = snapshot()
    assert handed_out(sams, sam) == []
    assert snapshot() == before


def test_nobody_gets_a_link_for_a_customer_of_another_tenant(sams: Screen, charlie: User) -> None:
    before = snapshot()
    assert handed_out(sams, charlie) == []
    assert snapshot() == before


def test_the_form_says_whose_password_it_is_and_no_more(alice: User) -> None:
    page = text_of(Client().get(address_of(alice)))
    assert "alice" in page
    assert alice.email not in page


def test_the_address_goes_nowhere_else(alice: User) -> None:
    page = Client().get(address_of(alice))
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "strict-origin")
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text_of(page))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"password": NEW, "again": "something else"}, "The two passwords differ."),
        ({"password": "12345678", "again": "12345678"}, "This password is too common."),
        ({"password": NEW}, "This field is required."),
        ({"password": "x" * 129, "again": "x" * 129}, "at most 128 characters"),
        ({"password": "a\x00bcdefghi", "again": "a\x00bcdefghi"}, "Null characters are not allowed."),
    ],
)
def test_a_refused_password_is_said_why(alice: User, given: dict[str, str], sentence: str) -> None:
    address = address_of(alice)
    before = snapshot()
    page = text_of(Client().post(address, given))
    assert sentence in page
    assert given["password"] not in page
    assert snapshot() == before


def test_every_bad_link_gets_the_same_answer(alice: User) -> None:
    good = address_of(alice)
    used = address_of(alice)
    Client().post(used, TWICE)
    bad = (good, used, f"/password/{ids.new_id()}/x-y", f"/password/{alice.pk}/{'z' * 300}")
    before = snapshot()
    answers = [Client().get(address) for address in bad] + [Client().post(address, TWICE) for address in bad]
    assert {(answer.status_code, text_of(answer)) for answer in answers} == {(404, text_of(answers[0]))}
    assert BAD in text_of(answers[0])
    assert snapshot() == before


def test_a_form_of_another_site_is_refused(alice: User) -> None:
    address = address_of(alice)
    before = snapshot()
    assert Client(enforce_csrf_checks=True).post(address, TWICE).status_code == 403
    assert snapshot() == before


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_page_is_read_and_posted_to(alice: User, method: str) -> None:
    assert getattr(Client(), method)(address_of(alice)).status_code == 405


def test_guessing_ends_with_the_quota_of_logins(alice: User, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT, settings.REDIS_URL = (2, 3600), ""
    forget_local_leases()
    address = address_of(alice)
    answers = [Client().get(f"/password/{alice.pk}/x-y").status_code for _ in range(2)]
    page = Client().post(address, TWICE)
    assert [*answers, page.status_code] == [404, 404, 429]
    assert int(page["Retry-After"]) > 0
    assert reload_row(alice).check_password(PASSWORD)


def test_a_new_password_ends_the_screens_of_staff(sam: User) -> None:
    screen = screen_of(sam)
    assert screen.get("/admin/").status_code == 200
    Client().post(address_of(sam), TWICE)
    assert screen.get("/admin/").status_code == 302


@pytest.mark.parametrize("name", ["id", "username"])
def test_operators_print_a_link(root: User, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reset_link", str(getattr(root, name)))
    link = capsys.readouterr().out.strip()
    assert link.startswith(f"http://localhost:8000/password/{root.pk}/")
    assert "A new password" in text_of(Client().get(link.removeprefix("http://localhost:8000")))


@pytest.mark.parametrize("who", ["alice", "nobody", str(ids.new_id())])
def test_operators_are_told_of_names_that_say_too_little(alice: User, who: str) -> None:
    before = snapshot()
    with pytest.raises(CommandError, match=r"no user of this name|no such user"):
        call_command("reset_link", who)
    assert snapshot() == before
