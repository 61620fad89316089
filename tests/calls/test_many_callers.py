"""The rights of many callers at once are what each of them has alone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import LoginSession, User
from accounts.services.registration import change_user_status
from accounts.services.tenants import change_tenant
from chat.rooms.participants import find_participant
from kernel import clock
from kernel.actor import SYSTEM, Actor
from kernel.caller import Credentials, Peer
from kernel.errors import DomainError
from petstore.interfaces.entry.socket_callers import SocketCaller, admit_callers
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import TenantFactory
from tests.minting import tokens_for

pytestmark = pytest.mark.django_db


def _caller(token: str | None, tenant: Tenant | None) -> SocketCaller:
    return SocketCaller(Credentials(token), None if tenant is None else str(tenant.id), Peer("127.0.0.1"))


def _mint(user: User, tenant: Tenant) -> str:
    with tenant_scope(tenant.id):
        return tokens_for(user).token


@pytest.fixture
def callers(acme: Tenant, globex: Tenant, alice: User, bob: User, sam: User, root: User) -> list[SocketCaller]:
    """Some who are let in and some who are not, of three tenants and the pool."""
    shut = TenantFactory.create(name="Shut", slug="shut")
    revoked, suspended = _mint(alice, acme), _mint(bob, acme)
    with tenant_scope(acme.id):
        LoginSession.objects.filter(user=alice).update(revoked_at=clock.now())
    good = _mint(alice, acme)
    return [
        _caller(good, acme),
        _caller(revoked, acme),
        _caller(suspended, acme),
        _caller(_mint(sam, acme), acme),
        _caller(_mint(root, acme), acme),
        _caller(good, globex),
        _caller(good, shut),
        _caller(good, None),
        _caller(None, acme),
        _caller("no.token.atall", acme),
        _caller(_mint(sam, acme), globex),
    ]


def _enter_alone(caller: SocketCaller) -> Actor | str:
    try:
        with caller.enter_tenant(find_participant) as actor:
            return actor
    except DomainError as error:
        return error.code


def test_together_they_are_let_in_and_refused_as_each_is_alone(
    callers: list[SocketCaller], bob: User, acme: Tenant
) -> None:
    with tenant_scope(acme.id):
        change_user_status(user_id=bob.id, status=User.Status.SUSPENDED, reason="", actor=SYSTEM)
    shut = Tenant.objects.get(slug="shut")
    with all_tenants(reason="a test"):
        change_tenant(tenant_id=shut.id, name="Shut", access="OPEN", status="SUSPENDED", actor=SYSTEM)

    admitted = admit_callers(callers, find_participant)
    together = [one.code if isinstance(one, DomainError) else one for one in admitted]
    assert together == [_enter_alone(caller) for caller in callers]
    assert [isinstance(one, Actor) for one in together] == [place in (0, 3, 4) for place in range(11)]


def test_many_of_one_tenant_cost_three_queries(callers: list[SocketCaller]) -> None:
    of_acme = [caller for caller in callers if caller.tenant == callers[0].tenant] * 50
    with CaptureQueriesContext(connection) as queries:
        admit_callers(of_acme, find_participant)
    assert len(queries) == 3
