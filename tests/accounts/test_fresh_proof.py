"""Sensitive steps want the password of whoever takes them, given lately (guarantees, G21)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from accounts.models import User
from erasure.services import erase_user
from kernel.actor import PROOF_LIFETIME, SYSTEM, Actor
from kernel.errors import FreshProofRequired
from payments.services.order_transitions import cancel_order
from tenants.models import Tenant
from tests.accounts.sensitive_steps import STEPS, Ground, Refusing, Step
from tests.factories import OrderFactory, acting
from tests.payments.conftest import Use, use
from tests.payments.paying import pay
from tests.snapshots import snapshot
from webhooks.services.endpoints import create_endpoint

__all__ = ["use"]

pytestmark = pytest.mark.django_db(transaction=True)


def stale(actor: Actor) -> Actor:
    """Somebody who gave their password a moment too long ago."""
    assert actor.proved_at is not None
    return replace(actor, proved_at=actor.proved_at - PROOF_LIFETIME)


@pytest.fixture
def ground(in_acme: Tenant, globex: Tenant, use: Use) -> Ground:
    return Ground(in_acme, globex, lambda: use(Refusing()))


@pytest.mark.parametrize("prepare", STEPS)
def test_without_a_fresh_proof_nothing_changes_and_with_one_it_is_done(
    ground: Ground, root: User, prepare: Callable[[Ground, Actor], Step]
) -> None:
    admin = acting(root)
    step = prepare(ground, admin)
    before = snapshot()
    for actor in (stale(admin), replace(admin, proved_at=None)):
        with pytest.raises(FreshProofRequired):
            step(actor)
    assert snapshot() == before
    step(admin)
    assert snapshot() != before


@pytest.mark.parametrize("prepare", STEPS)
def test_commands_have_no_password_to_give(ground: Ground, prepare: Callable[[Ground, Actor], Step]) -> None:
    step = prepare(ground, SYSTEM)
    before = snapshot()
    step(SYSTEM)
    assert snapshot() != before


def test_ones_own_account_wants_it_too(in_acme: Tenant, alice: User) -> None:
    before = snapshot()
    with pytest.raises(FreshProofRequired):
        erase_user(user_id=alice.id, actor=stale(acting(alice)))
    assert snapshot() == before
    erase_user(user_id=alice.id, actor=acting(alice))
    alice.refresh_from_db()
    assert alice.status == User.Status.CLOSED


def test_a_cancellation_gives_the_money_back_without_it(in_acme: Tenant, sam: User) -> None:
    order = OrderFactory.create(tenant=in_acme)
    pay(order)
    cancel_order(order_id=order.id, actor=stale(acting(sam)))
    order.refresh_from_db()
    assert order.status == "CANCELLED"


def test_a_new_webhook_shows_its_new_secret_without_it(in_acme: Tenant, sam: User) -> None:
    actor = stale(acting(sam))
    endpoint = create_endpoint(url="https://shop.example/hooks", events=["order.statusChanged"], actor=actor)
    assert endpoint.secret
