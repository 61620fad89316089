"""People connect a device that has no browser: they type its code, and allow or deny it."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from applications.digests import format_user_code
from applications.errors import AccessDenied, AuthorizationPending
from applications.models import Application, Consent, DeviceAuthorization
from applications.services.devices import StartedDevice, redeem_device_code, start_device_authorization
from applications.services.lifecycle import pause_application
from kernel import clock
from kernel.actor import SYSTEM
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import register
from tests.oauth.browsers import LOGIN, Browser, answer_of, place_of, text_of
from tests.snapshots import snapshot

DEVICE = "/oauth/device"
WRONG = "This code is wrong, too old, or was used already."
CONNECTED = "Connected: you can go back to your device"


@pytest.fixture
def television(acme: Tenant) -> Application:
    """A PUBLIC application of acme for devices."""
    return register(
        acme, name="Television", is_public=True, is_device=True, scopes=["read:pets", "write:pets"], redirect_uris=[]
    ).application


@pytest.fixture
def started(television: Application) -> StartedDevice:
    return start(television, "read:pets", "write:pets")


@pytest.fixture
def code(started: StartedDevice) -> str:
    """The code as the device shows it."""
    return format_user_code(started.authorization.user_code)


def start(application: Application, *scopes: str) -> StartedDevice:
    with tenant_scope(application.tenant_id):
        return start_device_authorization(application=application, scopes=scopes)


def poll(started: StartedDevice) -> tuple[str, ...]:
    """The scopes that the device gets."""
    application = started.authorization.application
    with tenant_scope(application.tenant_id):
        return tuple(redeem_device_code(application=application, device_code=started.device_code).scopes)


def wrong_codes(number: int) -> list[str]:
    """Codes that nothing waits under, but for a chance of one in millions."""
    letters = "BCDFGHJKLM"
    return [f"{letters[n]}ZZZ-ZZZ{letters[n]}" for n in range(number)]


def test_anybody_is_asked_for_the_code_at_once(browser: Browser) -> None:
    page = browser.get(DEVICE)
    assert (page.status_code, "Enter the code that your device shows." in text_of(page)) == (200, True)
    assert (page["Cache-Control"], page["Referrer-Policy"], page["X-Frame-Options"]) == (
        "no-store",
        "no-referrer",
        "DENY",
    )
    assert "form-action 'self';" in page["Content-Security-Policy"]


def test_who_is_not_logged_in_logs_in_where_the_device_is_of(
    browser: Browser, started: StartedDevice, code: str, alice: User
) -> None:
    away = browser.send(DEVICE, {"user_code": code})
    assert place_of(away) == LOGIN
    page = browser.get(away["Location"])
    assert "to your account at Acme, so that you can say what Television may do for you" in text_of(page)
    back = browser.log_in("alice", next_address=answer_of(away)["next"])["Location"]
    assert back == f"{DEVICE}?user_code={code}"
    assert f'value="{code}"' in browser.get(back).content.decode()


def test_a_link_with_the_code_only_fills_the_form_in(alices: Browser, started: StartedDevice, code: str) -> None:
    before = snapshot()
    page = alices.get(DEVICE, {"user_code": code})
    assert (f'value="{code}"' in page.content.decode(), "Allow" in text_of(page)) == (True, False)
    assert snapshot() == before
    with pytest.raises(AuthorizationPending):
        poll(started)


def test_the_code_leads_to_a_page_that_says_who_wants_what(alices: Browser, started: StartedDevice, code: str) -> None:
    before = snapshot()
    page = text_of(alices.send(DEVICE, {"user_code": code}))
    for words in ("Television wants to act for you at Acme", "Logged in as alice", code, "See the pets"):
        assert words in page
    assert "Change the pets" not in page
    assert {table: rows for table, rows in snapshot().items() if table != "ratelimit_ratewindow"} == {
        table: rows for table, rows in before.items() if table != "ratelimit_ratewindow"
    }


@pytest.mark.parametrize("spelling", ["{0}", "{0} ", " {0}", "{1}", "{2}", "{3}", "{4}"])
def test_the_code_may_be_typed_in_any_way(alices: Browser, started: StartedDevice, code: str, spelling: str) -> None:
    typed = spelling.format(code, code.lower(), code.replace("-", ""), code.replace("-", " "), "-".join(code.lower()))
    assert "Television wants to act for you" in text_of(alices.send(DEVICE, {"user_code": typed}))


def test_allowing_connects_the_device(alices: Browser, started: StartedDevice, code: str, alice: User) -> None:
    page = alices.send(DEVICE, {"user_code": code, "allow": "1"})
    assert (page.status_code, CONNECTED in text_of(page)) == (200, True)
    assert poll(started) == ("read:pets",)
    with all_tenants(reason="test"):
        consent = Consent.objects.get()
    assert (consent.user_id, consent.scopes) == (alice.pk, ["read:pets"])


@pytest.mark.parametrize("buttons", [{"deny": "1"}, {"deny": "1", "allow": "1"}])
def test_denying_tells_the_device(alices: Browser, started: StartedDevice, code: str, buttons: dict[str, str]) -> None:
    page = alices.send(DEVICE, {"user_code": code, **buttons})
    assert "Television gets nothing." in text_of(page)
    with pytest.raises(AccessDenied):
        poll(started)
    with all_tenants(reason="test"):
        assert not Consent.objects.exists()


def test_a_double_click_gets_the_answer_of_the_first(alices: Browser, started: StartedDevice, code: str) -> None:
    alices.send(DEVICE, {"user_code": code, "allow": "1"})
    before = snapshot()
    for buttons in ({"allow": "1"}, {"deny": "1"}, {}):
        assert CONNECTED in text_of(alices.send(DEVICE, {"user_code": code, **buttons}))
    assert snapshot() == before
    assert poll(started) == ("read:pets",)
    assert CONNECTED in text_of(alices.send(DEVICE, {"user_code": code, "allow": "1"}))


def test_what_was_denied_stays_denied(alices: Browser, started: StartedDevice, code: str) -> None:
    alices.send(DEVICE, {"user_code": code, "deny": "1"})
    before = snapshot()
    assert "Television gets nothing." in text_of(alices.send(DEVICE, {"user_code": code, "allow": "1"}))
    assert snapshot() == before


def refused(browser: Browser, code: str) -> None:
    """The code is good for nothing, for this browser."""
    devices, consents = rows_of("applications_deviceauthorization"), rows_of("applications_consent")
    for buttons in ({}, {"allow": "1"}, {"deny": "1"}):
        page = browser.send(DEVICE, {"user_code": code, **buttons})
        assert (page.status_code, WRONG in text_of(page), place_of(page)) == (200, True, "")
    assert (rows_of("applications_deviceauthorization"), rows_of("applications_consent")) == (devices, consents)


def rows_of(table: str) -> list[str]:
    return snapshot()[table]


def test_what_somebody_else_has_answered_is_used(alices: Browser, started: StartedDevice, code: str, bob: User) -> None:
    bobs = Browser()
    bobs.log_in("bob", next_address=f"{DEVICE}?user_code={code}")
    alices.send(DEVICE, {"user_code": code, "allow": "1"})
    refused(bobs, code)


def test_a_code_that_is_too_old_is_said_so(alices: Browser, started: StartedDevice, code: str) -> None:
    with all_tenants(reason="test"):
        DeviceAuthorization.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    refused(alices, code)


def test_an_answered_code_is_too_old_one_day(alices: Browser, started: StartedDevice, code: str) -> None:
    alices.send(DEVICE, {"user_code": code, "allow": "1"})
    with all_tenants(reason="test"):
        DeviceAuthorization.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    refused(alices, code)


def test_a_paused_application_connects_nothing(
    alices: Browser, started: StartedDevice, code: str, television: Application
) -> None:
    with tenant_scope(television.tenant_id):
        pause_application(application_id=television.pk, actor=SYSTEM)
    refused(alices, code)


def test_a_suspended_store_connects_nothing(alices: Browser, started: StartedDevice, code: str, acme: Tenant) -> None:
    acme.status = Tenant.Status.SUSPENDED
    acme.save()
    before = rows_of("applications_deviceauthorization")
    assert "This store is closed for now" in text_of(alices.send(DEVICE, {"user_code": code, "allow": "1"}))
    refused(Browser(), code)
    assert rows_of("applications_deviceauthorization") == before


@pytest.mark.parametrize(
    "typed", ["ZZZZ-ZZZZ", "ABCD-EFGH", "BCDF", "1234-5678", "<b>", "\u2603" * 8, "BCDF-GHJ\u212a"]
)
def test_a_wrong_code_is_said_so(alices: Browser, started: StartedDevice, typed: str) -> None:
    refused(alices, typed)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Enter the code that your device shows."),
        ({"user_code": "-" * 41}, "at most 40 characters"),
        ({"user_code": "B\x00"}, "Null characters are not allowed."),
    ],
)
def test_what_is_no_code_is_said_so(alices: Browser, values: dict[str, str], sentence: str) -> None:
    before = snapshot()
    assert sentence in text_of(alices.send(DEVICE, values))
    assert snapshot() == before


def test_a_customer_cannot_give_what_customers_do_not_have(alices: Browser, television: Application) -> None:
    started = start(television, "write:pets")
    before = rows_of("applications_deviceauthorization")
    code = format_user_code(started.authorization.user_code)
    for buttons in ({}, {"allow": "1"}):
        page = alices.send(DEVICE, {"user_code": code, **buttons})
        assert (page.status_code, "Your account cannot give this" in text_of(page)) == (403, True)
    assert rows_of("applications_deviceauthorization") == before


def test_a_session_of_another_store_does_not_count(
    started: StartedDevice, code: str, charlie: User, globex: Tenant
) -> None:
    theirs = register(globex, name="Theirs").application
    charlies = Browser()
    charlies.log_in("charlie", next_address=f"/oauth/granted?client_id={theirs.client_id}")
    assert place_of(charlies.get("/oauth/granted")) == ""
    assert place_of(charlies.send(DEVICE, {"user_code": code, "allow": "1"})) == LOGIN
    with pytest.raises(AuthorizationPending):
        poll(started)


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}])
def test_another_site_connects_nothing(
    alices: Browser, started: StartedDevice, code: str, headers: dict[str, str]
) -> None:
    before = snapshot()
    values = {"user_code": code, "allow": "1"}
    assert alices.post(DEVICE, values).status_code == 403
    assert alices.send(DEVICE, values, headers=headers).status_code == 403
    assert snapshot() == before


def test_ten_wrong_codes_are_enough(alices: Browser, code: str, settings: Settings) -> None:
    settings.REDIS_URL = ""
    forget_local_leases()
    answers = [alices.send(DEVICE, {"user_code": wrong}).status_code for wrong in wrong_codes(10)]
    page = alices.send(DEVICE, {"user_code": code, "allow": "1"})
    assert [*answers, page.status_code] == [200] * 10 + [429]
    assert (int(page["Retry-After"]) > 0, "Please wait a moment" in text_of(page)) == (True, True)
    elsewhere = Browser(REMOTE_ADDR="203.0.113.9")
    elsewhere.cookies = alices.cookies
    assert elsewhere.send(DEVICE, {"user_code": code, "allow": "1"}).status_code == 429
    stranger = Browser(REMOTE_ADDR="203.0.113.9")
    assert stranger.send(DEVICE, {"user_code": code}).status_code == 302


def test_ten_wrong_codes_at_the_log_in_are_enough_too(browser: Browser, code: str, settings: Settings) -> None:
    settings.REDIS_URL = ""
    forget_local_leases()
    asked = [browser.get(LOGIN, {"next": f"{DEVICE}?user_code={wrong}"}).status_code for wrong in wrong_codes(10)]
    page = browser.get(LOGIN, {"next": f"{DEVICE}?user_code={code}"})
    assert [*asked, page.status_code] == [200] * 10 + [429]
    assert browser.send(DEVICE, {"user_code": code}).status_code == 429


def test_right_codes_are_not_counted(alices: Browser, code: str, settings: Settings) -> None:
    settings.REDIS_URL = ""
    forget_local_leases()
    answers = [alices.send(DEVICE, {"user_code": code}).status_code for _ in range(15)]
    assert answers == [200] * 15


@pytest.mark.parametrize(("method", "status"), [("head", 200), ("options", 405), ("put", 405), ("delete", 405)])
def test_the_page_is_read_and_posted_to(db: None, method: str, status: int) -> None:
    assert getattr(Client(), method)(DEVICE).status_code == status


def test_a_code_costs_few_queries(
    alices: Browser, code: str, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.REDIS_URL = ""
    alices.send(DEVICE, {"user_code": code})
    with django_assert_num_queries(9):
        alices.send(DEVICE, {"user_code": code})
