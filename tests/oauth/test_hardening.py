"""What an application does not get: other tenants, passwords, endless codes; and malformed verifiers."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from accounts.errors import ForeignToken
from accounts.models import User
from accounts.services.tenants import add_tenant_member
from applications.digests import compute_code_challenge
from applications.models import Application, AuthorizationCode, DeviceAuthorization
from kernel.access import access_of
from kernel.actor import SYSTEM
from kernel.caller import Credentials, Peer
from orders.queries import list_orders
from petstore.interfaces.calls import open_call
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import register
from tests.client import Client
from tests.factories import PASSWORD
from tests.minting import tokens_for
from tests.oauth.browsers import Browser, answer_of, authorize_address
from tests.oauth.calling import DEVICE, TOKEN, Caller, error_of
from tests.oauth.granting import allow, families
from tests.snapshots import snapshot

PEER = Peer("192.0.2.9")
EPOCH = 10**9
MALFORMED = {
    "one letter": "x",
    "42 letters": "v" * 42,
    "129 letters": "v" * 129,
    "letters of no ASCII": "ü" * 43,
    "a blank at its end": "v" * 43 + " ",
    "a line's end at its end": "v" * 43 + "\n",
}


@pytest.fixture
def three_requests(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT = (3, EPOCH)
    forget_local_leases()
    yield
    forget_local_leases()


@pytest.mark.parametrize("username", ["sam", "root"])
def test_what_staff_allow_in_one_tenant_opens_no_other(
    acme: Tenant, globex: Tenant, sam: User, root: User, username: str
) -> None:
    add_tenant_member(tenant_id=globex.id, username="sam", actor=SYSTEM)
    user, caller = {"sam": sam, "root": root}[username], Caller.of(register(acme))
    granted = caller.exchange(allow(caller.application, user).form)["access_token"]
    with tenant_scope(acme.id):
        own = tokens_for(user).token
    for token in (own, granted):
        with open_call(Credentials(token), access_of(list_orders), str(acme.id), PEER) as actor:
            assert actor.user_id == user.id
    with open_call(Credentials(own), access_of(list_orders), str(globex.id), PEER) as actor:
        assert actor.is_staff
    for elsewhere in (str(globex.id), None):
        with pytest.raises(ForeignToken), open_call(Credentials(granted), access_of(list_orders), elsewhere, PEER):
            pass


def test_an_application_changes_a_profile_and_never_a_password(acme: Tenant, alice: User) -> None:
    caller = Caller.of(register(acme, scopes=["read:user", "write:user"]))
    token = caller.exchange(allow(caller.application, alice).form)["access_token"]
    client, bearer = Client().at(acme), f"Bearer {token}"
    profile = {"email": "alice@example.org", "firstName": "Alice", "lastName": "Miller"}
    assert client.put(f"/v1/users/{alice.id}", profile, HTTP_AUTHORIZATION=bearer).status_code == 200
    before = snapshot()
    secrets = {"password": "another horse battery", "currentPassword": PASSWORD}
    changed = client.put(f"/v1/users/{alice.id}", profile | secrets, HTTP_AUTHORIZATION=bearer)
    for refused in (changed, client.delete(f"/v1/users/{alice.id}", HTTP_AUTHORIZATION=bearer)):
        assert (refused.status_code, refused.json()["detail"][:12]) == (403, "Applications")
    assert snapshot() == before


@pytest.mark.parametrize("verifier", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_verifier_matches_no_challenge(probe: Caller, alice: User, verifier: str) -> None:
    allowed = allow(probe.application, alice, code_challenge=compute_code_challenge(verifier))
    assert error_of(probe.post(TOKEN, allowed.form | {"code_verifier": verifier})) == "invalid_grant"
    assert not families()


@pytest.mark.parametrize("verifier", ["v" * 43, "~._-" * 32])
def test_the_shortest_and_the_longest_verifier_are_taken(probe: Caller, alice: User, verifier: str) -> None:
    allowed = allow(probe.application, alice, code_challenge=compute_code_challenge(verifier))
    probe.exchange(allowed.form | {"code_verifier": verifier})
    assert families() == 1


@pytest.mark.parametrize(
    ("registered", "sent"),
    [
        ("https://app.example/cb?flag&x=a%2fb&y=%ff", "https://app.example/cb?flag&x=a%2fb&y=%ff&"),
        ("https://app.example/cb?", "https://app.example/cb?"),
        ("https://app.example/cb", "https://app.example/cb?"),
    ],
)
def test_the_query_of_a_redirect_uri_comes_back_as_it_was_registered(
    acme: Tenant, alices: Browser, registered: str, sent: str
) -> None:
    application = register(acme, redirect_uris=[registered]).application
    for button, first in (("allow", "code="), ("deny", "error=")):
        answer = alices.send(authorize_address(application, redirect_uri=registered), {button: "1"})
        assert str(answer["Location"]).startswith(sent + first)


def codes() -> int:
    with all_tenants(reason="test"):
        return int(AuthorizationCode.objects.count())


def test_an_address_gets_no_codes_without_end(alices: Browser, partner: Application, three_requests: None) -> None:
    address = authorize_address(partner)
    assert "code" in answer_of(alices.send(address, {"allow": "1"}))
    assert [alices.get(address).status_code for _ in range(2)] == [302, 302]
    stored, refused = codes(), alices.get(address)
    assert (refused.status_code, codes()) == (429, stored)
    assert 1 <= int(refused["Retry-After"]) <= EPOCH
    assert "frame-ancestors 'none'" in refused["Content-Security-Policy"]
    assert alices.get(address, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_a_device_asks_for_no_resource_of_others(screen: Caller) -> None:
    form = {"scope": "read:pets", "resource": "https://elsewhere.example"}
    assert error_of(screen.post(DEVICE, form)) == "invalid_target"
    with all_tenants(reason="test"):
        assert not DeviceAuthorization.objects.exists()
    assert screen.post(DEVICE, form | {"resource": "http://testserver/mcp"}).status_code == 200
