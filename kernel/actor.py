"""The actor of a use case: one value that every use case takes and audit events record."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.errors import Forbidden, FreshProofRequired, LoginRequired

PROOF_LIFETIME: Final = timedelta(minutes=15)
"""The time after a password was given in which sensitive steps are allowed: long enough for a task of several steps
over REST, which cannot ask in between, and short enough for a screen that was left alone."""

CLOCK_LEEWAY: Final = timedelta(seconds=30)
"""The most by which the clock of another machine may be ahead, that took a password or issued a token."""


class Role(StrEnum):
    """A user's role within the scope of the request (contract, Authentication)."""

    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    ADMIN = "ADMIN"


class Permission(StrEnum):
    """A permission that staff need to write; named as Django names its own.

    One permission stands for all writes to a thing: whoever may change it may add and delete it, too.
    """

    CHANGE_ORDERS = "orders.change_order"
    CHANGE_PETS = "pets.change_pet"
    CHANGE_USERS = "accounts.change_user"
    CHANGE_WEBHOOKS = "webhooks.change_endpoint"
    CHANGE_APPLICATIONS = "applications.change_application"
    CHANGE_ROOMS = "chat.change_room"


_SENTENCES = {
    Permission.CHANGE_ORDERS: "Your group may look at orders, but not place, move or refund them.",
    Permission.CHANGE_PETS: "Your group may look at pets, but not change them.",
    Permission.CHANGE_USERS: "Your group may look at accounts, but not change them.",
    Permission.CHANGE_WEBHOOKS: "Your group may look at webhooks, but neither change them nor see a secret.",
    Permission.CHANGE_APPLICATIONS: "Your group may look at applications, but not change them.",
    Permission.CHANGE_ROOMS: "Your group may look at support rooms, but not answer, assign or close them.",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, the system, or a caller without a token.

    Attributes:
        user_id: the user; None for the system and for the anonymous.
        role: what the user may be in this scope; None for the anonymous.
        permissions: what the groups of a staff member permit; it counts for the role STAFF only.
        proved_at: when the user last gave their password; None where it is unknown.
        ip_address: where the request came from, for the journal.
        request_id: which request it was, for the journal.
        token_scopes: the scopes of the call's token, for a use case that gives more to a token that may see more.
        client_id: the application that acts for the user (contract, OAuth 2.0); None where they act themselves.
    """

    user_id: UUID | None = None
    role: Role | None = None
    is_system: bool = False
    ip_address: str | None = None
    request_id: str = ""
    permissions: frozenset[str] = frozenset()
    proved_at: datetime | None = None
    token_scopes: frozenset[str] = frozenset()
    client_id: str | None = None

    @property
    def is_authenticated(self) -> bool:
        """Return whether it is a user, or the system itself."""
        return self.is_system or self.user_id is not None

    @property
    def is_staff(self) -> bool:
        """Return whether they may act for the store in this scope: its staff, admins, the system."""
        return self.is_system or self.role in (Role.STAFF, Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        """Return whether they may do what staff may not: admins and the system."""
        return self.is_system or self.role is Role.ADMIN

    @property
    def history_label(self) -> str:
        """Return the actor as histories name them: the user's id, `system` or `anonymous`."""
        if self.is_system:
            return "system"
        return str(self.user_id) if self.user_id else "anonymous"

    def has_permission(self, permission: Permission) -> bool:
        """Return whether they have a permission: staff by their groups, admins and the system always."""
        return self.is_admin or (self.role is Role.STAFF and permission in self.permissions)

    def require_login(self) -> None:
        """Raise LoginRequired for the anonymous."""
        if not self.is_authenticated:
            raise LoginRequired

    def require_staff(self) -> None:
        """Raise LoginRequired for the anonymous and Forbidden for customers."""
        self.require_login()
        if not self.is_staff:
            raise Forbidden("Only staff of this store may do this.")

    def require_permission(self, permission: Permission) -> None:
        """Raise LoginRequired for the anonymous and Forbidden for users without the permission."""
        self.require_staff()
        if not self.has_permission(permission):
            raise Forbidden(_SENTENCES[permission])

    def require_staff_permission(self, permission: Permission) -> None:
        """Raise Forbidden for staff without the permission; customers and the anonymous have rights of their own."""
        if self.is_staff:
            self.require_permission(permission)

    def has_fresh_proof(self, at: datetime) -> bool:
        """Return whether the user gave their password within PROOF_LIFETIME; the system always passes."""
        if self.is_system:
            return True
        return self.proved_at is not None and -CLOCK_LEEWAY <= at - self.proved_at < PROOF_LIFETIME

    def require_own_login(self) -> None:
        """Raise LoginRequired for the anonymous and Forbidden for an application, whatever it was granted."""
        self.require_login()
        if self.client_id is not None:
            raise Forbidden("Applications may not do this: it takes your own log-in.")

    def require_fresh_proof(self, at: datetime) -> None:
        """Raise what `require_own_login` raises, and FreshProofRequired for users who gave no password lately."""
        self.require_own_login()
        if not self.has_fresh_proof(at):
            raise FreshProofRequired("This step needs your password again.")

    def require_admin(self) -> None:
        """Raise LoginRequired for the anonymous and Forbidden for all but admins."""
        self.require_login()
        if not self.is_admin:
            raise Forbidden("Only an admin may do this.")


SYSTEM = Actor(is_system=True)
ANONYMOUS = Actor()
