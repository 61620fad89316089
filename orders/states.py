"""The state table of an order (contract, States). Everything else that knows of states derives from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kernel.actor import Actor, Permission, Role
from orders.errors import IllegalTransition


class Status(StrEnum):
    """Where an order stands."""

    PLACED = "PLACED"
    APPROVED = "APPROVED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class Command(StrEnum):
    """What can be done to an order that exists."""

    APPROVE = "approve"
    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"
    FORCE_CANCEL = "force_cancel"


class PetMove(StrEnum):
    """What becomes of the pet when the order moves."""

    STAYS = "stays"
    ADOPTED = "adopted"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    Attributes:
        sources: the states the command may start from.
        target: the state it ends in.
        role: the least role that may give it; CUSTOMER means whoever may see the order.
        pet: what becomes of the pet.
    """

    sources: frozenset[Status]
    target: Status
    role: Role
    pet: PetMove = PetMove.STAYS


INITIAL: Final = Status.PLACED
OPEN: Final = (Status.PLACED, Status.APPROVED, Status.SHIPPED)
"""States in which an order holds its pet."""

TABLE: Final[dict[Command, Transition]] = {
    Command.APPROVE: Transition(frozenset({Status.PLACED}), Status.APPROVED, Role.STAFF),
    Command.SHIP: Transition(frozenset({Status.APPROVED}), Status.SHIPPED, Role.STAFF),
    Command.DELIVER: Transition(frozenset({Status.SHIPPED}), Status.DELIVERED, Role.STAFF, PetMove.ADOPTED),
    Command.CANCEL: Transition(
        frozenset({Status.PLACED, Status.APPROVED}), Status.CANCELLED, Role.CUSTOMER, PetMove.RELEASED
    ),
    Command.FORCE_CANCEL: Transition(
        frozenset({Status.PLACED, Status.APPROVED, Status.SHIPPED, Status.DELIVERED}),
        Status.CANCELLED,
        Role.ADMIN,
        PetMove.RELEASED,
    ),
}

_TOWARD: Final = {
    Status.APPROVED: Command.APPROVE,
    Status.SHIPPED: Command.SHIP,
    Status.DELIVERED: Command.DELIVER,
    Status.CANCELLED: Command.CANCEL,
}


def target(status: str, command: Command) -> Status:
    """Where the command leads from this state; raises IllegalTransition where it leads nowhere."""
    transition = TABLE[command]
    if status not in transition.sources:
        raise IllegalTransition(f"An order that is {status} cannot become {transition.target}.")
    return transition.target


def allowed(status: str) -> tuple[Command, ...]:
    """The commands that this state takes, in the order of the table."""
    return tuple(command for command, transition in TABLE.items() if status in transition.sources)


def offered(status: str, actor: Actor) -> tuple[Command, ...]:
    """The commands that this state takes from this actor; CANCEL stands before FORCE_CANCEL."""
    return tuple(command for command in allowed(status) if may(actor, command))


def may(actor: Actor, command: Command) -> bool:
    """Whether the actor's role suffices for the command, and for staff their group."""
    role = TABLE[command].role
    if role is Role.ADMIN:
        return actor.is_admin
    return actor.has_permission(Permission.CHANGE_ORDERS) or (role is Role.CUSTOMER and not actor.is_staff)


def toward(status: Status) -> Command:
    """The command that asks for this state; raises IllegalTransition for PLACED, which none leads to."""
    if status not in _TOWARD:
        raise IllegalTransition(f"No order can become {status} again.")
    return _TOWARD[status]


def edges() -> frozenset[tuple[Status, Status]]:
    """Every (from, to) that the table knows; the database's trigger refuses the rest."""
    return frozenset((source, row.target) for row in TABLE.values() for source in row.sources)
