"""Tokens that a user granted to an application: less than their own, and never as good as their password."""

from typing import Any

import pytest
from django.urls import get_resolver

from accounts.errors import BadToken
from accounts.models import LoginSession, User
from accounts.services.sessions import renew_login_session, start_login_session
from kernel import clock
from kernel.access import TokenScope, access_of, requires_access
from kernel.actor import Role
from kernel.caller import Credentials, Peer
from kernel.errors import Forbidden, InsufficientScope
from petstore.interfaces.calls import open_call
from petstore.interfaces.http.tokens import (
    ApplicationGrant,
    TokenPair,
    issue_token_pair,
    read_access_token,
    read_refresh_token,
)
from petstore.interfaces.rest import urls
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.rest.tokens import payload, refresh, revoke, signed

PEER = Peer("192.0.2.1")
PROBE = ApplicationGrant("probe", (TokenScope.READ_ORDERS,))
CLOSED_PATHS = ("admin/", "webhooks")


@requires_access(TokenScope.READ_ORDERS)
def read_orders() -> None: ...


@requires_access(TokenScope.WRITE_ORDERS)
def write_orders() -> None: ...


@requires_access(is_closed_to_applications=True)
def rule_the_store() -> None: ...


@pytest.fixture
def session(alice: User, acme: Tenant) -> LoginSession:
    with tenant_scope(acme.id):
        return start_login_session(alice)


@pytest.fixture
def granted(session: LoginSession) -> TokenPair:
    return issue_token_pair(session, PROBE)


def test_an_application_s_token_has_the_granted_scopes_and_the_claims_of_all_tokens(
    session: LoginSession, granted: TokenPair
) -> None:
    own = payload(issue_token_pair(session).token)
    claims = payload(granted.token)
    assert claims.pop("client_id") == "probe"
    assert claims.pop("scope") == "read:orders"
    assert "client_id" not in own
    assert claims.keys() == own.keys() - {"scope"}
    assert read_access_token(granted.token).client_id == "probe"


def test_the_actor_knows_the_application_its_scopes_and_no_fresh_proof(
    acme: Tenant, session: LoginSession, granted: TokenPair
) -> None:
    with open_call(Credentials(issue_token_pair(session).token), access_of(read_orders), str(acme.id), PEER) as actor:
        assert actor.client_id is None
        assert TokenScope.READ_PETS in actor.token_scopes
        actor.require_fresh_proof(clock.now())
    with open_call(Credentials(granted.token), access_of(read_orders), str(acme.id), PEER) as actor:
        assert (actor.client_id, actor.token_scopes, actor.role) == ("probe", frozenset(PROBE.scopes), Role.CUSTOMER)
        with pytest.raises(Forbidden, match="your own log-in"):
            actor.require_fresh_proof(clock.now())


def test_a_scope_that_was_not_granted_is_refused_by_its_name(acme: Tenant, granted: TokenPair) -> None:
    with (
        pytest.raises(InsufficientScope) as refused,
        open_call(Credentials(granted.token), access_of(write_orders), str(acme.id), PEER),
    ):
        pass
    assert refused.value.scope == "write:orders"


def test_a_use_case_that_is_closed_to_applications_takes_the_user_s_own_log_in_only(
    acme: Tenant, session: LoginSession, granted: TokenPair
) -> None:
    closed = access_of(rule_the_store)
    with open_call(Credentials(issue_token_pair(session).token), closed, str(acme.id), PEER) as actor:
        assert actor.user_id == session.user_id
    with (
        pytest.raises(Forbidden, match="your own log-in"),
        open_call(Credentials(granted.token), closed, str(acme.id), PEER),
    ):
        pass


def test_the_admin_api_and_webhooks_are_closed_to_applications_and_nothing_else_is() -> None:
    for pattern in get_resolver(urls.__name__).url_patterns:
        view: Any = pattern.callback
        for action in getattr(view, "actions", {}).values():
            is_closed = access_of(view.cls.use_cases[action]).is_closed_to_applications
            assert is_closed is str(pattern.pattern).startswith(CLOSED_PATHS), f"{pattern.pattern} {action}"


def test_a_missing_scope_over_rest_is_403_with_the_challenge(acme: Tenant, alice: User, granted: TokenPair) -> None:
    answer = Client().at(acme).get(f"/v1/users/{alice.id}", HTTP_AUTHORIZATION=f"Bearer {granted.token}")
    assert answer.status_code == 403
    assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="read:user"'


@pytest.mark.parametrize("client_id", [None, "another"])
def test_a_refresh_token_of_an_application_works_for_that_application_only(
    acme: Tenant, granted: TokenPair, client_id: str | None
) -> None:
    claims = read_refresh_token(granted.refresh_token)
    with tenant_scope(acme.id):
        with pytest.raises(BadToken):
            renew_login_session(claims=claims, client_id=client_id)
        assert renew_login_session(claims=claims, client_id="probe").id == claims.session_id


def test_the_log_in_s_own_refresh_takes_no_token_of_an_application(acme: Tenant, granted: TokenPair) -> None:
    client = Client().at(acme)
    assert refresh(client, granted.refresh_token).status_code == 401
    assert client.get("/v1/orders", HTTP_AUTHORIZATION=f"Bearer {granted.token}").status_code == 200


def test_a_user_may_end_an_application_s_tokens_by_the_token_itself(acme: Tenant, granted: TokenPair) -> None:
    client = Client().at(acme)
    assert revoke(client, granted.token).status_code == 204
    assert client.get("/v1/orders", HTTP_AUTHORIZATION=f"Bearer {granted.token}").status_code == 401


@pytest.mark.parametrize("client_id", ["", 7, ["probe"]])
def test_a_signed_token_with_an_odd_client_id_is_bad(granted: TokenPair, client_id: object) -> None:
    with pytest.raises(BadToken):
        read_access_token(signed(granted.token, client_id=client_id))
