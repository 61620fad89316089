"""Log-in, consent, devices and what was allowed, by a person's clicks and keys in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from applications.digests import format_user_code
from applications.models import Application, AuthorizationCode, Consent
from applications.services.codes import redeem_authorization_code
from applications.services.devices import StartedDevice, redeem_device_code, start_device_authorization
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import register
from tests.browser import equipment
from tests.browser.axe import Inspection
from tests.browser.receiver import Receiver, receiving
from tests.browser.windows import PHONE, Windows
from tests.factories import PASSWORD
from tests.oauth.browsers import authorize_address
from tests.oauth.granting import VERIFIER

EVERYTHING = ["read:pets", "read:orders", "write:orders", "read:user", "write:user", "chat:write"]


@pytest.fixture
def receiver(windows: Windows) -> Iterator[Receiver]:
    with receiving() as receiver:
        windows.elsewhere.add(receiver.address)
        yield receiver


@pytest.fixture
def partner(acme: Tenant, receiver: Receiver) -> Application:
    """A CONFIDENTIAL application that wants all that customers have."""
    return register(acme, name="Partner", redirect_uris=[receiver.callback], scopes=EVERYTHING).application


@pytest.fixture
def started(acme: Tenant) -> StartedDevice:
    television = register(
        acme, name="Television", is_public=True, is_device=True, scopes=["read:pets"], redirect_uris=[]
    ).application
    with tenant_scope(acme.id):
        return start_device_authorization(application=television, scopes=["read:pets"])


def asked_by(application: Application, receiver: Receiver, **changed: str | None) -> str:
    return authorize_address(
        application, **{"redirect_uri": receiver.callback, "scope": " ".join(application.scopes)} | changed
    )


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def code_of(started: StartedDevice) -> str:
    return format_user_code(started.authorization.user_code)


def test_a_person_logs_in_allows_goes_back_and_withdraws(
    windows: Windows, partner: Application, receiver: Receiver, alice: User
) -> None:
    page = windows.open_window()
    page.goto(asked_by(partner, receiver))
    expect(page).to_have_title("Log in · Acme")
    expect(page.get_by_label("Username")).to_be_focused()
    log_in(page, "alice", "guessed it")
    expect(page.get_by_role("alert")).to_contain_text("Username or password is wrong.")
    expect(page.get_by_label("Username")).to_have_value("alice")
    expect(page.get_by_label("Password")).to_be_focused()
    log_in(page, "alice")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Partner wants to act for you at Acme"))
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Back here")).to_be_visible()
    [visit] = receiver.visits
    assert (visit.path, visit.answer["state"], visit.referer) == ("/done", "s-1", None)
    assert visit.answer["iss"] == windows.address
    with tenant_scope(partner.tenant_id):
        granted = redeem_authorization_code(
            application=partner,
            code=visit.answer["code"],
            redirect_uri=receiver.callback,
            code_verifier=VERIFIER,
        )
    assert set(granted.scopes) == set(EVERYTHING)
    page.goto("/oauth/granted")
    page.get_by_role("button", name="Withdraw Partner").click()
    expect(page.get_by_role("status")).to_contain_text("Withdrawn.")
    expect(page.get_by_text("Nothing. No application may act for you at Acme.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    with all_tenants(reason="test"):
        assert not Consent.objects.exists()


def test_what_was_allowed_before_leads_back_straight_from_the_log_in(
    windows: Windows, partner: Application, receiver: Receiver, alice: User
) -> None:
    page = windows.open_window()
    page.goto(asked_by(partner, receiver))
    log_in(page, "alice")
    page.get_by_role("button", name="Allow").click()
    another = windows.open_window()
    another.goto(asked_by(partner, receiver, state="s-2"))
    log_in(another, "alice")
    expect(another.get_by_role("heading", name="Back here")).to_be_visible()
    assert [visit.answer["state"] for visit in receiver.visits] == ["s-1", "s-2"]


def test_denying_leads_back_empty_handed(
    windows: Windows, partner: Application, receiver: Receiver, alice: User
) -> None:
    page = windows.open_window()
    page.goto(asked_by(partner, receiver))
    log_in(page, "alice")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Back here")).to_be_visible()
    assert [visit.answer["error"] for visit in receiver.visits] == ["access_denied"]
    with all_tenants(reason="test"):
        assert not AuthorizationCode.objects.exists()


def test_somebody_else_logs_in_instead(
    windows: Windows, partner: Application, receiver: Receiver, alice: User, bob: User
) -> None:
    page = windows.open_window()
    page.goto(asked_by(partner, receiver))
    log_in(page, "alice")
    page.get_by_role("link", name="Not you?").click()
    log_in(page, "bob")
    expect(page.get_by_text("Logged in as bob")).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Back here")).to_be_visible()
    with all_tenants(reason="test"):
        assert Consent.objects.get().user == bob


def test_a_double_click_on_allow_goes_back_once_with_a_code_that_works(
    windows: Windows, partner: Application, receiver: Receiver, alice: User
) -> None:
    page = windows.open_window()
    page.goto(asked_by(partner, receiver))
    log_in(page, "alice")
    page.get_by_role("button", name="Allow").dblclick()
    expect(page.get_by_role("heading", name="Back here")).to_be_visible()
    code = receiver.visits[-1].answer["code"]
    with tenant_scope(partner.tenant_id):
        granted = redeem_authorization_code(
            application=partner, code=code, redirect_uri=receiver.callback, code_verifier=VERIFIER
        )
        assert Consent.objects.count() == 1
    assert set(granted.scopes) == set(EVERYTHING)


def test_an_app_on_the_computer_is_reached_at_its_ipv6_address(windows: Windows, acme: Tenant, alice: User) -> None:
    with receiving("::1") as receiver:
        windows.elsewhere.add(receiver.address)
        tool = register(acme, name="Tool", is_public=True, redirect_uris=["http://[::1]/done"]).application
        page = windows.open_window()
        page.goto(asked_by(tool, receiver))
        log_in(page, "alice")
        page.get_by_role("button", name="Allow").click()
        expect(page.get_by_role("heading", name="Back here")).to_be_visible()
        assert receiver.visits[0].answer["state"] == "s-1"


def test_all_of_it_by_keyboard_alone(windows: Windows, partner: Application, receiver: Receiver, alice: User) -> None:
    page = windows.open_window()
    page.goto(asked_by(partner, receiver))
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    allow = page.get_by_role("button", name="Allow")
    expect(allow).to_be_visible()
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.textContent"))
    assert stops == ["Not you?", "What you have allowed", "Allow", "Deny"]
    page.keyboard.press("Shift+Tab")
    expect(allow).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Back here")).to_be_visible()
    assert "code" in receiver.visits[0].answer


def test_it_all_works_without_scripts(windows: Windows, partner: Application, receiver: Receiver, alice: User) -> None:
    page = windows.open_window(scripts=False)
    page.goto(asked_by(partner, receiver))
    log_in(page, "alice")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Back here")).to_be_visible()
    page.goto("/oauth/granted")
    page.get_by_role("button", name="Withdraw Partner").click()
    expect(page.get_by_role("status")).to_contain_text("Withdrawn.")


def test_a_device_is_connected(windows: Windows, started: StartedDevice, alice: User) -> None:
    page = windows.open_window(size=PHONE)
    page.goto("/oauth/device")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type("bcdf ghjk")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_have_accessible_description(re.compile("This code is wrong"))
    page.get_by_label("Code").fill(code_of(started).lower())
    page.get_by_role("button", name="Continue").tap()
    log_in(page, "alice")
    expect(page.get_by_label("Code")).to_have_value(code_of(started))
    page.get_by_role("button", name="Continue").tap()
    expect(page.get_by_text(code_of(started))).to_be_visible()
    page.get_by_role("button", name="Allow").tap()
    expect(page.get_by_role("heading", name="Connected: you can go back to your device")).to_be_visible()
    application = started.authorization.application
    with tenant_scope(application.tenant_id):
        granted = redeem_device_code(application=application, device_code=started.device_code)
    assert tuple(granted.scopes) == ("read:pets",)
    page.get_by_role("link", name="What you have allowed").tap()
    expect(page.get_by_role("heading", name="Television")).to_be_visible()


def test_a_page_of_another_site_cannot_show_the_consent_in_a_frame(
    windows: Windows, partner: Application, receiver: Receiver, alice: User
) -> None:
    page = windows.open_window()
    page.goto(asked_by(partner, receiver))
    log_in(page, "alice")
    expect(page.get_by_role("button", name="Allow")).to_be_visible()
    address = f"{windows.address}{asked_by(partner, receiver)}"
    page.goto(receiver.callback)
    page.evaluate(
        "address => { const f = document.createElement('iframe'); f.src = address; document.body.append(f); }", address
    )
    page.wait_for_timeout(500)
    assert page.frames[-1].url == "chrome-error://chromewebdata/"
    assert any("frame-ancestors" in complaint for complaint in windows.complaints)
    windows.complaints.clear()


class Looks:
    """Looks at page after page, as axe-core and a phone see them."""

    def __init__(self, windows: Windows) -> None:
        self.inspection = Inspection(windows.open_window(), equipment.load_axe_core())
        self.page = self.inspection.page
        self.widths: dict[str, int] = {}

    def look(self, name: str, text: str) -> None:
        """Look at the page that is open, once it shows this text."""
        expect(self.page.get_by_text(text).first).to_be_visible()
        self.inspection.inspect_page(name)
        self.page.set_viewport_size(PHONE)
        self.widths[name] = self.page.evaluate("document.documentElement.scrollWidth")

    def require_room_for_all(self, pages: int) -> None:
        assert self.inspection.faults == []
        assert len(self.widths) == pages
        assert {name: width for name, width in self.widths.items() if width > PHONE["width"]} == {}


def test_no_page_about_a_consent_shuts_anybody_out(
    windows: Windows, partner: Application, receiver: Receiver, alice: User
) -> None:
    looks = Looks(windows)
    page = looks.page
    page.goto(asked_by(partner, receiver))
    looks.look("log-in", "to your account at Acme")
    log_in(page, "alice", "guessed it")
    looks.look("wrong pair", "Username or password is wrong.")
    log_in(page, "alice")
    looks.look("consent", "Partner wants to act for you")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Back here")).to_be_visible()
    page.goto("/oauth/granted")
    looks.look("granted", "1 application may act for you")
    page.get_by_role("button", name="Withdraw Partner").click()
    looks.look("withdrawn", "Withdrawn.")
    page.get_by_role("button", name="Log out").click()
    looks.look("logged out", "You are logged out")
    page.goto(windows.expect_refusal(asked_by(partner, receiver, client_id="nobody")))
    looks.look("doubt", "This link does not work")
    looks.require_room_for_all(7)


def test_no_page_about_a_device_shuts_anybody_out(windows: Windows, started: StartedDevice, alice: User) -> None:
    looks = Looks(windows)
    page = looks.page
    page.goto("/oauth/device")
    looks.look("code", "Enter the code that your device shows.")
    page.get_by_label("Code").fill("BCDF-GHJK")
    page.get_by_role("button", name="Continue").click()
    looks.look("wrong code", "This code is wrong")
    page.get_by_label("Code").fill(code_of(started))
    page.get_by_role("button", name="Continue").click()
    log_in(page, "alice")
    page.get_by_role("button", name="Continue").click()
    looks.look("consent", "Your device shows this code")
    page.get_by_role("button", name="Allow").click()
    looks.look("connected", "you can go back to your device")
    looks.require_room_for_all(4)
