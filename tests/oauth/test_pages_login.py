"""People log in and out on the pages of OAuth 2.0, in a session that opens nothing else."""

from datetime import timedelta
from http.cookies import Morsel
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from accounts.errors import BadToken
from accounts.models import User
from accounts.services.passwords import make_reset_token, reset_forgotten_password
from accounts.services.registration import change_user_status
from accounts.services.sessions import start_login_session
from kernel import clock
from kernel.actor import ANONYMOUS, SYSTEM
from petstore.interfaces.http.tokens import BrowserToken, issue_token_pair, read_access_token, read_browser_token
from petstore.interfaces.oauth.pages.browser_sessions import COOKIE
from ratelimit.services import forget_local_leases
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.backoffice.screens import screen_of
from tests.client import Client as ApiClient
from tests.factories import PASSWORD, CustomerFactory
from tests.oauth.browsers import LOGIN, Browser, open_sessions_of, place_of, text_of
from tests.oauth.next_addresses import HOSTILE
from tests.snapshots import snapshot

GRANTED = "/oauth/granted"
WRONG = "Username or password is wrong."


def cookie_of(browser: Browser) -> "Morsel[str]":
    return browser.cookies[COOKIE]


def test_a_customer_logs_in_and_is_led_on(browser: Browser, pam: User) -> None:
    page = browser.log_in("pam")
    assert (page.status_code, page["Location"]) == (302, GRANTED)
    claims = read_browser_token(browser.token)
    assert (claims.user_id, claims.tenant_id, claims.client_id) == (pam.id, None, None)
    assert open_sessions_of(pam) == 1


def test_the_cookie_is_for_these_pages_only(browser: Browser, pam: User) -> None:
    browser.log_in("pam")
    cookie = cookie_of(browser)
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["secure"]) == ("/oauth", True, "Lax", "")
    assert cookie["max-age"] == 8 * 3600
    assert read_browser_token(browser.token).expires_at <= (clock.now() + timedelta(hours=8)).timestamp()


def test_over_https_the_cookie_is_for_https_only(pam: User) -> None:
    browser = Browser(HTTP_X_FORWARDED_PROTO="https")
    page = browser.get(LOGIN, secure=True)
    headers = {"HTTP_ORIGIN": "https://testserver"}
    browser.send(LOGIN, {"username": "pam", "password": PASSWORD}, secure=True, **headers)
    assert page.status_code == 200
    assert cookie_of(browser)["secure"] is True


def test_a_log_in_makes_a_new_session_and_ends_the_one_before(browser: Browser, pam: User) -> None:
    browser.log_in("pam")
    first = browser.token
    browser.log_in("pam")
    assert browser.token != first
    assert open_sessions_of(pam) == 1
    stale = Browser()
    stale.cookies[COOKIE] = first
    assert place_of(stale.get(GRANTED)) == LOGIN


def test_a_session_that_somebody_planted_is_not_taken_over(browser: Browser, pam: User) -> None:
    CustomerFactory.create(username="mallory")
    mallory = Browser()
    mallory.log_in("mallory")
    browser.cookies[COOKIE] = mallory.token
    browser.log_in("pam")
    assert browser.token != mallory.token
    assert read_browser_token(browser.token).user_id == pam.id
    assert place_of(mallory.get(GRANTED)) == LOGIN


def test_a_form_that_was_open_before_the_log_in_is_refused_after_it(browser: Browser, pam: User) -> None:
    browser.get(LOGIN)
    before = browser.cookies["csrftoken"].value
    browser.log_in("pam")
    page = browser.post("/oauth/logout", {"csrfmiddlewaretoken": before})
    assert page.status_code == 403
    assert open_sessions_of(pam) == 1


@pytest.mark.parametrize(
    ("username", "password"),
    [("pam", "guessed it"), ("nobody", PASSWORD), ("pam", PASSWORD + " "), (" ", PASSWORD), ("alice", PASSWORD)],
)
def test_every_wrong_pair_gets_the_same_sentence(
    browser: Browser, pam: User, alice: User, username: str, password: str
) -> None:
    page = browser.log_in(username, password)
    assert page.status_code == 200
    assert (WRONG in text_of(page)) is bool(username.strip())
    assert password not in page.content.decode()
    assert browser.token == ""
    assert open_sessions_of(pam) == open_sessions_of(alice) == 0


def test_a_wrong_pair_is_answered_alike_whether_the_name_is_known_or_not(browser: Browser, pam: User) -> None:
    words = {text_of(browser.log_in(name, "wrong")) for name in ("pam", "nobody")}
    assert len(words) == 1


def test_the_name_stays_and_the_password_is_asked_again(browser: Browser, pam: User) -> None:
    page = browser.log_in("pam", "wrong").content.decode()
    assert 'value="pam"' in page
    assert page.index("autofocus") > page.index('type="password"')


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Enter your username."),
        ({"username": "pam"}, "Enter your password."),
        ({"username": "pam", "password": "x" * 1025}, "at most 1024 characters"),
        ({"username": "p\x00am", "password": "x"}, "Null characters are not allowed."),
    ],
)
def test_what_is_no_pair_is_said_so_and_nobody_is_asked(
    browser: Browser, pam: User, values: dict[str, str], sentence: str
) -> None:
    before = snapshot()
    page = browser.send(LOGIN, values)
    assert (page.status_code, sentence in text_of(page)) == (200, True)
    assert snapshot() == before


@pytest.mark.parametrize("next_address", HOSTILE)
def test_next_never_leads_elsewhere(browser: Browser, pam: User, next_address: str) -> None:
    page = browser.log_in("pam", next_address=next_address)
    assert (page.status_code, page["Location"]) == (302, GRANTED)
    shown = browser.get(LOGIN, {"next": next_address})
    assert f'name="next" value="{GRANTED}"' in shown.content.decode()


@pytest.mark.parametrize(
    "next_address", [GRANTED, "/oauth/device", "/oauth/device?user_code=BCDF-GHJK", f"{GRANTED}?a=%2F%2Fb&a=1"]
)
def test_next_leads_to_pages_of_ours(browser: Browser, pam: User, next_address: str) -> None:
    assert browser.log_in("pam", next_address=next_address)["Location"] == next_address


def test_a_tenant_header_is_not_read(browser: Browser, alice: User) -> None:
    page = browser.send(LOGIN, {"username": "alice", "password": PASSWORD}, HTTP_X_TENANT_ID=str(alice.tenant_id))
    assert WRONG in text_of(page)


def test_a_suspended_account_is_said_so_to_who_knows_its_password(browser: Browser, pam: User) -> None:
    suspend(pam)
    page = browser.log_in("pam")
    assert (page.status_code, browser.token, open_sessions_of(pam)) == (403, "", 0)
    assert "This account is suspended" in text_of(page)
    assert WRONG in text_of(browser.log_in("pam", "wrong"))


def test_a_suspension_ends_the_session(browser: Browser, pam: User) -> None:
    browser.log_in("pam")
    assert place_of(browser.get(GRANTED)) == ""
    suspend(pam)
    assert place_of(browser.get(GRANTED)) == LOGIN


def test_a_new_password_ends_the_session(browser: Browser, pam: User) -> None:
    browser.log_in("pam")
    with tenant_scope(SHARED_POOL_ID):
        token = make_reset_token(user_id=pam.pk, actor=SYSTEM)
    reset_forgotten_password(user_id=pam.pk, token=token, password="a stitch in time", actor=ANONYMOUS)  # noqa: S106
    assert place_of(browser.get(GRANTED)) == LOGIN


def test_the_session_ends_after_eight_hours(browser: Browser, pam: User) -> None:
    with tenant_scope(SHARED_POOL_ID):
        session = start_login_session(pam)
    browser.cookies[COOKIE] = str(BrowserToken.for_session(session, clock.now() - timedelta(hours=8)))
    assert place_of(browser.get(GRANTED)) == LOGIN
    browser.cookies[COOKIE] = str(BrowserToken.for_session(session, clock.now() - timedelta(hours=7, minutes=59)))
    assert place_of(browser.get(GRANTED)) == ""


def test_logging_out_ends_the_session_on_the_server_too(browser: Browser, pam: User) -> None:
    browser.log_in("pam")
    kept = browser.token
    page = browser.send("/oauth/logout")
    assert (page.status_code, browser.token, open_sessions_of(pam)) == (200, "", 0)
    assert "You are logged out" in text_of(page)
    browser.cookies[COOKIE] = kept
    assert place_of(browser.get(GRANTED)) == LOGIN


def test_logging_out_leads_to_the_log_in_for_the_same_page(browser: Browser, pam: User) -> None:
    browser.log_in("pam")
    page = browser.send("/oauth/logout", {"next": "/oauth/device?user_code=BCDF-GHJK"})
    assert page["Location"] == "/oauth/login?next=%2Foauth%2Fdevice%3Fuser_code%3DBCDF-GHJK"


@pytest.mark.parametrize("next_address", HOSTILE)
def test_logging_out_never_leads_elsewhere(browser: Browser, pam: User, next_address: str) -> None:
    browser.log_in("pam")
    page = browser.send("/oauth/logout", {"next": next_address})
    assert page.get("Location", "/oauth/login?next=%2Foauth%2Fgranted") == "/oauth/login?next=%2Foauth%2Fgranted"


def test_logging_out_without_a_session_is_no_error(browser: Browser, pam: User) -> None:
    before = snapshot()
    assert browser.send("/oauth/logout").status_code == 200
    assert snapshot() == before


@pytest.mark.parametrize(
    ("address", "values"), [(LOGIN, {"username": "pam", "password": PASSWORD}), ("/oauth/logout", {})]
)
def test_a_form_of_another_site_is_refused(browser: Browser, pam: User, address: str, values: dict[str, str]) -> None:
    browser.log_in("pam")
    before, kept = snapshot(), browser.token
    assert browser.post(address, values).status_code == 403
    assert browser.send(address, values, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert browser.send(address, values, HTTP_ORIGIN="null").status_code == 403
    assert (snapshot(), browser.token) == (before, kept)


def test_guessing_ends_with_the_quota_of_logins(browser: Browser, pam: User, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT, settings.REDIS_URL = (3, 3600), ""
    forget_local_leases()
    answers = [browser.log_in("pam", "wrong").status_code for _ in range(3)]
    page = browser.log_in("pam")
    assert [*answers, page.status_code] == [200, 200, 200, 429]
    assert int(page["Retry-After"]) > 0
    assert "Please wait a moment" in text_of(page)
    assert browser.token == ""


def test_guessing_over_many_addresses_ends_with_the_quota_of_the_name(pam: User, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT, settings.REDIS_URL = (3, 3600), ""
    forget_local_leases()
    answers = [Browser(REMOTE_ADDR=f"203.0.113.{n}").log_in("pam", "wrong").status_code for n in range(4)]
    assert answers == [200, 200, 200, 429]
    assert Browser(REMOTE_ADDR="203.0.113.77").log_in("pam").status_code == 429
    assert open_sessions_of(pam) == 0


def test_the_quota_is_one_with_the_api(browser: Browser, pam: User, api: ApiClient, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT, settings.REDIS_URL = (3, 3600), ""
    forget_local_leases()
    for _ in range(3):
        api.post("/v1/auth/tokens", {"username": "somebody", "password": "wrong"})
    assert browser.log_in("pam").status_code == 429


def test_a_token_of_the_api_opens_no_page(browser: Browser, pam: User) -> None:
    with tenant_scope(SHARED_POOL_ID):
        pair = issue_token_pair(start_login_session(pam))
    for token in (pair.token, pair.refresh_token, "", "x", "a.b.c", "é" * 10):
        browser.cookies[COOKIE] = token
        assert place_of(browser.get(GRANTED)) == LOGIN
    assert place_of(Client().get(GRANTED, HTTP_AUTHORIZATION=f"Bearer {pair.token}")) == LOGIN


def test_the_cookie_opens_nothing_of_the_api(browser: Browser, pam: User, api: ApiClient) -> None:
    browser.log_in("pam")
    with pytest.raises(BadToken):
        read_access_token(browser.token)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {browser.token}")
    assert api.get(f"/v1/users/{pam.id}").status_code == 401
    assert api.post("/v1/auth/tokens/refresh", {"refreshToken": browser.token}).status_code == 401
    assert browser.get(f"/v1/users/{pam.id}").status_code == 401


def test_the_cookie_opens_no_page_of_the_back_office(browser: Browser, root: User) -> None:
    assert browser.log_in("root").status_code == 302
    with_both = Client()
    with_both.cookies[COOKIE] = browser.token
    with_both.cookies[django_settings.SESSION_COOKIE_NAME] = browser.token
    assert place_of(with_both.get("/admin/")) == "/admin/login/"


def test_the_cookie_of_the_back_office_opens_no_page_here(root: User) -> None:
    screen: Any = screen_of(root)
    assert screen.get("/admin/").status_code == 200
    assert place_of(screen.get(GRANTED)) == LOGIN
    screen.cookies[COOKIE] = screen.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert place_of(screen.get(GRANTED)) == LOGIN


@pytest.mark.parametrize("address", [LOGIN, "/oauth/nowhere"])
def test_no_page_is_shown_in_a_frame(browser: Browser, address: str) -> None:
    page = browser.get(address)
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_the_log_in_page_has_the_headers_of_all_pages(browser: Browser) -> None:
    page = browser.get(LOGIN)
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert "<title>Log in · Pet Store</title>" in page.content.decode()
    assert 'lang="en"' in page.content.decode()


@pytest.mark.parametrize(
    ("address", "method", "status"),
    [(LOGIN, "head", 200), (LOGIN, "options", 405), (LOGIN, "put", 405), ("/oauth/logout", "get", 405)],
)
def test_methods_that_make_no_sense_are_refused(browser: Browser, address: str, method: str, status: int) -> None:
    assert getattr(Client(), method)(address).status_code == status


def suspend(user: User) -> None:
    with tenant_scope(user.tenant_id):
        change_user_status(user_id=user.pk, status=User.Status.SUSPENDED, reason="test", actor=SYSTEM)
