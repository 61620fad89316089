"""Commands by role (contract, Who may do what; States)."""

from itertools import product

import pytest

from accounts.models import User
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from kernel.errors import DomainError, Forbidden, LoginRequired
from orders.errors import NotYourOrder
from orders.services.transitions import transition_order
from orders.states import Command, Status
from tenants.models import Tenant
from tests.factories import acting
from tests.orders.moving import order_in
from tests.snapshots import snapshot

STARTS = {
    Command.APPROVE: Status.PLACED,
    Command.SHIP: Status.APPROVED,
    Command.DELIVER: Status.SHIPPED,
    Command.CANCEL: Status.PLACED,
    Command.FORCE_CANCEL: Status.SHIPPED,
}
STAFF_WORK = (Command.APPROVE, Command.SHIP, Command.DELIVER)
MAY = {
    "system": tuple(Command),
    "admin": tuple(Command),
    "staff": (*STAFF_WORK, Command.CANCEL),
    "owner": (Command.CANCEL,),
    "stranger": (),
    "anonymous": (),
}
REFUSALS: dict[str, type[DomainError]] = {
    "staff": Forbidden,
    "owner": Forbidden,
    "stranger": NotYourOrder,
    "anonymous": LoginRequired,
}


@pytest.fixture
def actors(alice: User, bob: User, sam: User, root: User) -> dict[str, Actor]:
    return {
        "system": SYSTEM,
        "admin": Actor(user_id=root.id, role=Role.ADMIN),
        "staff": acting(sam),
        "owner": acting(alice),
        "stranger": acting(bob),
        "anonymous": ANONYMOUS,
    }


@pytest.mark.parametrize(("who", "command"), [*product(MAY, Command)])
def test_a_customers_order_moves_for_those_who_may_and_nobody_else(
    in_acme: Tenant, alice: User, actors: dict[str, Actor], who: str, command: Command
) -> None:
    order = order_in(STARTS[command], tenant=in_acme, customer=alice)
    before = snapshot()
    if command in MAY[who]:
        assert transition_order(order_id=order.id, command=command, actor=actors[who]).version == order.version + 1
    else:
        with pytest.raises(REFUSALS[who]):
            transition_order(order_id=order.id, command=command, actor=actors[who])
        assert snapshot() == before


@pytest.mark.parametrize("who", ["owner", "stranger", "anonymous"])
def test_whoever_knows_an_anonymous_order_may_cancel_it(in_acme: Tenant, actors: dict[str, Actor], who: str) -> None:
    order = order_in(Status.PLACED, tenant=in_acme)
    moved = transition_order(order_id=order.id, command=Command.CANCEL, actor=actors[who])
    assert moved.status == Status.CANCELLED


@pytest.mark.parametrize("command", [*STAFF_WORK, Command.FORCE_CANCEL])
@pytest.mark.parametrize(("who", "refusal"), [("owner", Forbidden), ("anonymous", LoginRequired)])
def test_knowing_an_anonymous_order_is_not_enough_for_the_work_of_staff(
    in_acme: Tenant, actors: dict[str, Actor], who: str, refusal: type[DomainError], command: Command
) -> None:
    order = order_in(STARTS[command], tenant=in_acme)
    before = snapshot()
    with pytest.raises(refusal):
        transition_order(order_id=order.id, command=command, actor=actors[who])
    assert snapshot() == before
