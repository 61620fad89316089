"""The support page's script gets a short token for the chat, by the session of a customer of that tenant."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts.errors import BadToken
from accounts.models import User
from accounts.services.chat_sessions import CHAT_LIFETIME
from accounts.services.registration import change_user_status
from accounts.services.tenants import change_tenant
from chat.services.customer_rooms import open_customer_room
from kernel.access import access_of
from kernel.actor import SYSTEM
from kernel.caller import Credentials, Peer
from kernel.errors import DomainError, InsufficientScope
from orders.queries import list_orders
from petstore.interfaces.calls import open_call
from petstore.interfaces.http.tokens import read_access_token, read_browser_token
from petstore.interfaces.oauth.pages.browser_sessions import COOKIE
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client as ApiClient
from tests.factories import CustomerFactory
from tests.oauth.browsers import LOGIN, Browser, open_sessions_of, text_of
from tests.snapshots import snapshot

SITE = "http://testserver"
PEER = Peer("192.0.2.9")
SUPPORT = "/support"


def support_of(tenant: Tenant) -> str:
    return f"{SUPPORT}?tenantId={tenant.id}"


def ask(browser: Browser, tenant: Tenant | None = None, *, method: str = "POST", **headers: Any) -> Any:
    """What the script of the page does."""
    query = "" if tenant is None else f"?tenantId={tenant.id}"
    return browser.generic(method, f"/oauth/support/session{query}", **{"HTTP_ORIGIN": SITE} | headers)


def token_of(browser: Browser, tenant: Tenant | None = None) -> str:
    answer = ask(browser, tenant)
    assert answer.status_code == 200
    return str(answer.json()["token"])


def try_token(token: str, use_case: Any, tenant: Tenant) -> None:
    with open_call(Credentials(token), access_of(use_case), str(tenant.id), PEER):
        pass


@pytest.fixture
def alices(alice: User, acme: Tenant) -> Browser:
    """The browser in which alice has logged in for the support page of acme."""
    browser = Browser()
    assert browser.log_in("alice", next_address=support_of(acme))["Location"] == support_of(acme)
    return browser


def test_a_customer_gets_a_token_for_the_chat_and_for_nothing_else(alices: Browser, alice: User, acme: Tenant) -> None:
    answer = ask(alices, acme)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert set(answer.json()) == {"token", "expiresIn", "username"}
    claims = read_access_token(answer.json()["token"])
    assert (claims.user_id, claims.tenant_id, claims.scopes) == (alice.id, acme.id, frozenset({"chat:write"}))
    assert claims.client_id is None
    try_token(answer.json()["token"], open_customer_room, acme)
    with pytest.raises(InsufficientScope):
        try_token(answer.json()["token"], list_orders, acme)
    with pytest.raises(BadToken):
        read_browser_token(answer.json()["token"])


def test_a_customer_of_the_pool_gets_one_of_the_pool(browser: Browser, pam: User) -> None:
    browser.log_in("pam", next_address=SUPPORT)
    claims = read_access_token(token_of(browser))
    assert (claims.user_id, claims.tenant_id) == (pam.id, None)


def test_it_lives_for_ten_minutes(alices: Browser, acme: Tenant, pass_seconds: Callable[[int], None]) -> None:
    token = token_of(alices, acme)
    pass_seconds(int(CHAT_LIFETIME.total_seconds()) - 2)
    assert read_access_token(token).scopes == {"chat:write"}
    pass_seconds(4)
    with pytest.raises(BadToken):
        read_access_token(token)


def test_a_stranger_gets_none(browser: Browser, acme: Tenant) -> None:
    before = snapshot()
    for answer in (ask(browser, acme), ask(browser)):
        assert (answer.status_code, answer.content) == (204, b"")
    assert snapshot() == before


def test_a_session_of_another_tenant_counts_for_nothing(alices: Browser, globex: Tenant, acme: Tenant) -> None:
    assert [ask(alices, globex).status_code, ask(alices).status_code] == [204, 204]
    assert ask(alices, acme).status_code == 200


def test_the_tenant_header_is_not_read(alices: Browser, acme: Tenant, globex: Tenant) -> None:
    answer = ask(alices, acme, HTTP_X_TENANT_ID=str(globex.id))
    assert read_access_token(answer.json()["token"]).tenant_id == acme.id


def test_neither_a_bearer_token_nor_the_back_offices_cookie_gets_one(api: ApiClient, alice: User, acme: Tenant) -> None:
    answer = api.as_(alice).post(f"/oauth/support/session?tenantId={acme.id}", HTTP_ORIGIN=SITE)
    assert answer.status_code == 204


def test_staff_are_sent_to_the_back_office(sam: User, acme: Tenant) -> None:
    browser = Browser()
    browser.log_in("sam", next_address=support_of(acme))
    answer = ask(browser, acme)
    assert (answer.status_code, answer.json()["detail"]) == (403, "Staff answer their customers in the back office.")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", f"{SITE}.evil.example", "https://testserver", None]
)
def test_no_other_site_gets_one_or_logs_anybody_out(
    alices: Browser, alice: User, acme: Tenant, method: str, origin: str | None
) -> None:
    before = snapshot()
    headers: dict[str, Any] = {} if origin is None else {"HTTP_ORIGIN": origin}
    answer = alices.generic(method, f"/oauth/support/session?tenantId={acme.id}", **headers)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert "Access-Control-Allow-Origin" not in answer
    assert snapshot() == before
    assert open_sessions_of(alice) == 1


def test_the_public_address_is_an_origin_of_ours(alices: Browser, acme: Tenant, settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://shop.example"]
    assert ask(alices, acme, HTTP_ORIGIN="https://shop.example").status_code == 200


@pytest.mark.parametrize("query", ["tenantId=", "tenantId=x", "tenantId=%00", "tenantId={id}&tenantId={id}"])
def test_what_names_no_tenant_is_refused(alices: Browser, acme: Tenant, query: str) -> None:
    answer = alices.generic("POST", f"/oauth/support/session?{query.format(id=acme.id)}", HTTP_ORIGIN=SITE)
    assert answer.status_code == 400


def test_logging_out_on_the_page_ends_the_session_and_its_tokens(alices: Browser, alice: User, acme: Tenant) -> None:
    token, kept = token_of(alices, acme), alices.token
    assert ask(alices, acme, method="DELETE").status_code == 204
    assert (alices.token, open_sessions_of(alice)) == ("", 0)
    with pytest.raises(BadToken):
        try_token(token, open_customer_room, acme)
    alices.cookies[COOKIE] = kept
    assert ask(alices, acme).status_code == 204


def test_logging_out_elsewhere_ends_its_tokens_too(alices: Browser, acme: Tenant) -> None:
    token = token_of(alices, acme)
    alices.send("/oauth/logout")
    with pytest.raises(BadToken):
        try_token(token, open_customer_room, acme)


def test_a_suspension_ends_its_tokens_and_gives_no_new_one(alices: Browser, alice: User, acme: Tenant) -> None:
    token = token_of(alices, acme)
    with tenant_scope(acme.id):
        change_user_status(user_id=alice.id, status=User.Status.SUSPENDED, reason="", actor=SYSTEM)
    with pytest.raises(DomainError):
        try_token(token, open_customer_room, acme)
    assert ask(alices, acme).status_code == 204


def test_a_closed_store_gives_none(alices: Browser, acme: Tenant) -> None:
    change_tenant(tenant_id=acme.id, actor=SYSTEM, name=acme.name, access=acme.access, status=Tenant.Status.SUSPENDED)
    assert ask(alices, acme).status_code == 403


def test_asking_counts_against_the_quota_of_the_address(alices: Browser, acme: Tenant, settings: Settings) -> None:
    settings.RATE_LIMIT = (2, 10**9)
    forget_local_leases()
    answers = [ask(alices, acme).status_code for _ in range(3)]
    forget_local_leases()
    assert answers == [200, 200, 429]


def test_other_methods_are_refused(alices: Browser, acme: Tenant) -> None:
    assert [ask(alices, acme, method=method).status_code for method in ("GET", "PUT", "PATCH")] == [405] * 3


@pytest.mark.parametrize(
    "near",
    [
        *("/support/", "/support?", "/support?tenantId=", "/support?tenantId=x", "/support?tenantid={id}"),
        *("/support?tenantId={id}&a=1", "/support?a=1&tenantId={id}", "/support?tenantId={id}#x", "/support#x"),
        *("/support?tenantId={ID}", "/support?tenantId=%7B{id}%7D", "/support?tenantId={id}\n", "/support\n"),
        *("//support", "/support//evil.example", "/support@evil.example", "/supports", "/support/../admin/"),
        *("/support?tenantId=//evil.example", "\t/support", " /support", "/support ", "/SUPPORT"),
        "/support?tenantId=00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_log_in_leads_to_the_page_in_its_own_spelling_only(
    browser: Browser, pam: User, acme: Tenant, near: str
) -> None:
    named = near.format(id=acme.id, ID=str(acme.id).upper())
    if named == support_of(acme):
        pytest.skip("an id without letters")
    assert browser.log_in("pam", next_address=named)["Location"] == "/oauth/granted"


def test_one_logs_in_at_the_tenant_that_the_page_names(browser: Browser, acme: Tenant, pam: User, alice: User) -> None:
    shown = browser.get(LOGIN, {"next": support_of(acme)})
    assert "to your account at Acme." in text_of(shown)
    refused = browser.log_in("pam", next_address=support_of(acme))
    assert (refused.status_code, browser.token) == (200, "")
    CustomerFactory.create(username="alice")
    browser.log_in("alice", next_address=support_of(acme))
    assert read_browser_token(browser.token).user_id == alice.id
