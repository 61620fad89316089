"""The state table of an order (contract, States). Everything else that knows of states derives from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kernel.actor import Actor, Permission, Role
from orders.errors import IllegalTransition


class Status(StrEnum):
    """The status of an order."""

    PLACED = "PLACED"
    APPROVED = "APPROVED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class Command(StrEnum):
    """The commands that change an order's status."""

    APPROVE = "approve"
    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"
    FORCE_CANCEL = "force_cancel"


class PetEffect(StrEnum):
    """The effect of a step on the pet."""

    STAYS = "stays"
    ADOPTED = "adopted"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the state table.

    Attributes:
        sources: the states the command may start from.
        target: the state it ends in.
        role: the least role that may give it; CUSTOMER means whoever may see the order.
        pet: the effect on the pet.
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
    """Return the status to which the command leads; raises IllegalTransition if this status does not take it."""
    transition = TRANSITIONS[command]
    if status not in transition.sources:
        raise IllegalTransition(f"An order that is {status} cannot become {transition.target}.")
    return transition.target


def allowed_commands(status: str) -> tuple[Command, ...]:
    """Return the commands that this status takes, in the order of the table."""
    return tuple(command for command, transition in TRANSITIONS.items() if status in transition.sources)


def offered_commands(status: str, actor: Actor) -> tuple[Command, ...]:
    """Return the commands that this status takes from this actor; CANCEL comes before FORCE_CANCEL."""
    return tuple(command for command in allowed_commands(status) if may_perform(actor, command))


def may_perform(actor: Actor, command: Command) -> bool:
    """Say whether the actor's role, and for staff their group, allows the command."""
    role = TRANSITIONS[command].role
    if role is Role.ADMIN:
        return actor.is_admin
    return actor.has_permission(Permission.CHANGE_ORDERS) or (role is Role.CUSTOMER and not actor.is_staff)


def command_to(status: Status) -> Command:
    """Return the command that leads to this status; raises IllegalTransition for PLACED, to which none leads."""
    if status not in _TOWARD:
        raise IllegalTransition(f"No order can become {status} again.")
    return _TOWARD[status]


def allowed_steps() -> frozenset[tuple[Status, Status]]:
    """Return every (from, to) of the table; the database's trigger refuses the rest."""
    return frozenset((source, row.target) for row in TRANSITIONS.values() for source in row.sources)
