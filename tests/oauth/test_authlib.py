"""Authlib, an OAuth client that we have not written, as a server's application, a phone's, and a device's."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client, OAuthError

from accounts.models import User
from pets.models import Pet
from tests.factories import PASSWORD
from tests.oauth.calling import DEVICE_GRANT, Caller
from tests.web_process import web_process

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK = "https://app.example/callback"
PATIENCE = 60


@pytest.fixture
def site() -> Iterator[str]:
    with web_process() as port:
        yield f"http://127.0.0.1:{port}"


def client_of(caller: Caller, site: str, scope: str, method: str = "client_secret_basic") -> OAuth2Client:
    """The library as its documentation sets it up, from the metadata."""
    metadata = httpx.get(f"{site}/.well-known/oauth-authorization-server", timeout=PATIENCE).json()
    return OAuth2Client(
        client_id=caller.application.client_id,
        client_secret=caller.secret,
        token_endpoint_auth_method=method if caller.secret else "none",
        revocation_endpoint_auth_method=method if caller.secret else "none",
        scope=scope,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        timeout=PATIENCE,
        token_endpoint=metadata["token_endpoint"],
    )


def walk_through_the_pages(address: str, username: str) -> str:
    """What the browser is sent back to, after a person has logged in and allowed what is asked for."""
    with browser_at(address) as browser:
        _log_in(browser, browser.get(address).headers["Location"], username)
        return _send(browser, address, allow="1").headers["Location"]


def browser_at(address: str) -> httpx.Client:
    """A browser with cookies of its own."""
    return httpx.Client(base_url=f"http://{urlsplit(address).netloc}", timeout=PATIENCE)


def _log_in(browser: httpx.Client, login: str, username: str) -> None:
    next_address = parse_qs(urlsplit(login).query)["next"][0]
    answer = _send(browser, login, username=username, password=PASSWORD, next=next_address)
    assert answer.status_code == 302, answer.text


def _send(browser: httpx.Client, address: str, **values: str) -> httpx.Response:
    page = browser.get(address)
    assert page.status_code == 200, page.text
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return browser.post(address, data={"csrfmiddlewaretoken": token} | values)


def test_a_server_s_application_walks_the_code_flow_reads_refreshes_and_revokes(
    site: str, probe: Caller, alice: User, rex: Pet
) -> None:
    with client_of(probe, site, "read:pets read:orders") as client:
        verifier = generate_token(64)
        address, state = client.create_authorization_url(f"{site}/oauth/authorize", code_verifier=verifier)
        answer = walk_through_the_pages(address, "alice")
        assert parse_qs(urlsplit(answer).query)["iss"] == [site]
        token = client.fetch_token(authorization_response=answer, code_verifier=verifier, state=state)
        assert token["scope"] == "read:pets read:orders"
        tenant = {"X-Tenant-ID": str(alice.tenant_id)}
        assert client.get(f"{site}/v1/pets/{rex.id}", headers=tenant).json()["name"] == rex.name
        assert client.post(f"{site}/v1/orders", json={"petId": str(rex.id)}, headers=tenant).status_code == 403
        fresh = client.refresh_token()
        assert fresh["access_token"] != token["access_token"]
        assert client.introspect_token(f"{site}/oauth/introspect", token=fresh["access_token"]).json()["active"]
        assert client.revoke_token(f"{site}/oauth/revoke", token=fresh["refresh_token"]).status_code == 200
        assert client.get(f"{site}/v1/pets/{rex.id}", headers=tenant).status_code == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.refresh_token()


def test_the_secret_may_be_sent_in_the_body(site: str, probe: Caller, alice: User) -> None:
    with client_of(probe, site, "read:pets", method="client_secret_post") as client:
        verifier = generate_token(64)
        address, state = client.create_authorization_url(f"{site}/oauth/authorize", code_verifier=verifier)
        answer = walk_through_the_pages(address, "alice")
        assert client.fetch_token(authorization_response=answer, code_verifier=verifier, state=state)


def test_a_phone_s_application_has_no_secret_and_may_place_an_order(
    site: str, mobile: Caller, alice: User, rex: Pet
) -> None:
    with client_of(mobile, site, "read:orders write:orders") as client:
        verifier = generate_token(64)
        address, state = client.create_authorization_url(f"{site}/oauth/authorize", code_verifier=verifier)
        answer = walk_through_the_pages(address, "alice")
        client.fetch_token(authorization_response=answer, code_verifier=verifier, state=state)
        tenant = {"X-Tenant-ID": str(alice.tenant_id)}
        order = client.post(f"{site}/v1/orders", json={"petId": str(rex.id)}, headers=tenant)
        assert (order.status_code, order.json()["userId"]) == (201, str(alice.id))
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.fetch_token(authorization_response=answer, code_verifier=verifier, state=state)


def test_a_device_asks_until_its_user_has_allowed_it(site: str, screen: Caller, alice: User) -> None:
    with client_of(screen, site, "read:pets") as client:
        started = httpx.post(
            f"{site}/oauth/device/authorize",
            data={"client_id": screen.application.client_id, "scope": "read:pets"},
            timeout=PATIENCE,
        ).json()
        ask = {"grant_type": DEVICE_GRANT, "device_code": started["device_code"]}
        with pytest.raises(OAuthError, match="authorization_pending"):
            client.fetch_token(**ask)
        walk_through_the_device_page(started["verification_uri_complete"], "alice")
        assert client.fetch_token(**ask)["scope"] == "read:pets"


def walk_through_the_device_page(address: str, username: str) -> None:
    with browser_at(address) as browser:
        code = parse_qs(urlsplit(address).query)["user_code"][0]
        login = _send(browser, address, user_code=code).headers["Location"]
        _log_in(browser, login, username)
        asked = _send(browser, address, user_code=code)
        assert "wants to act for you" in asked.text or "allow" in asked.text
        assert _send(browser, address, user_code=code, allow="1").status_code == 200
