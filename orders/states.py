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


class PetEffect(StrEnum):
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
    pet: PetEffect = PetEffect.STAYS


INITIAL: Final = Status.PLACED
OPEN: Final = (Status.PLACED, Status.APPROVED, Status.SHIPPED)
"""States in which an order holds its pet."""

TRANSITIONS: Final[dict[Command, Transition]] = {
    Command.APPROVE: Transition(frozenset({Status.PLACED}), Status.APPROVED, Role.STAFF),
    Command.SHIP: Transition(frozenset({Status.APPROVED}), Status.SHIPPED, Role.STAFF),
    Command.DELIVER: Transition(frozenset({Status.SHIPPED}), Status.DELIVERED, Role.STAFF, PetEffect.ADOPTED),
    Command.CANCEL: Transition(
        frozenset({Status.PLACED, Status.APPROVED}), Status.CANCELLED, Role.CUSTOMER, PetEffect.RELEASED
    ),
    Command.FORCE_CANCEL: Transition(
        frozenset({Status.PLACED, Status.APPROVED, Status.SHIPPED, Status.DELIVERED}),
        Status.CANCELLED,
        Role.ADMIN,
        PetEffect.RELEASED,
    ),
}

_TOWARD: Final = {
    Status.APPROVED: Command.APPROVE,
    Status.SHIPPED: Command.SHIP,
    Status.DELIVERED: Command.DELIVER,
    Status.CANCELLED: Command.CANCEL,
}


def next_status(status: str, command: Command) -> Status:
    """Where the command leads from this state; raises IllegalTransition where it leads nowhere."""
    transition = TRANSITIONS[command]
    if status not in transition.sources:
        raise IllegalTransition(f"An order that is {status} cannot become {transition.target}.")
    return transition.target


def allowed_commands(status: str) -> tuple[Command, ...]:
    """The commands that this state takes, in the order of the table."""
    return tuple(command for command, transition in TRANSITIONS.items() if status in transition.sources)


def offered_commands(status: str, actor: Actor) -> tuple[Command, ...]:
    """The commands that this state takes from this actor; CANCEL stands before FORCE_CANCEL."""
    return tuple(command for command in allowed_commands(status) if may_perform(actor, command))


def may_perform(actor: Actor, command: Command) -> bool:
    """Whether the actor's role suffices for the command, and for staff their group."""
    role = TRANSITIONS[command].role
    if role is Role.ADMIN:
        return actor.is_admin
    return actor.has_permission(Permission.CHANGE_ORDERS) or (role is Role.CUSTOMER and not actor.is_staff)


def command_to(status: Status) -> Command:
    """The command that asks for this state; raises IllegalTransition for PLACED, which none leads to."""
    if status not in _TOWARD:
        raise IllegalTransition(f"No order can become {status} again.")
    return _TOWARD[status]


def allowed_steps() -> frozenset[tuple[Status, Status]]:
    """Every (from, to) that the table knows; the database's trigger refuses the rest."""
    return frozenset((source, row.target) for row in TRANSITIONS.values() for source in row.sources)
