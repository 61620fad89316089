"""The claims of a token (contract, Authentication; guarantees, G12). Interfaces write and verify the token itself."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.access import TokenScope
from kernel.actor import Role

CUSTOMER_SCOPES: Final = (
    TokenScope.READ_PETS,
    TokenScope.READ_ORDERS,
    TokenScope.WRITE_ORDERS,
    TokenScope.READ_USER,
    TokenScope.WRITE_USER,
    TokenScope.WRITE_CHAT,
)
STAFF_SCOPES: Final = (*CUSTOMER_SCOPES, TokenScope.WRITE_PETS)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a verified token. What its user may do is read from the database, never from here.

    Attributes:
        session_id: the log-in session that the token came of.
        jti: the token's own id.
        tenant_id: the tenant that issued it; None for the shared pool.
        token_version: the user's, when it was issued; a greater one ends the token.
        expires_at: Unix seconds.
        client_id: the application that the token was granted to; None for the user's own log-in.
        is_staff: whether staff's permissions have to be read; `is_customer` likewise decides about quotas only.
    """

    user_id: UUID
    session_id: UUID
    jti: UUID
    tenant_id: UUID | None
    scopes: frozenset[str]
    token_version: int
    expires_at: int
    is_staff: bool
    is_customer: bool
    client_id: str | None = None

    @property
    def login_key(self) -> tuple[UUID, UUID, int]:
        """The user, log-in and token version, by which an open log-in is found."""
        return self.user_id, self.session_id, self.token_version

    def is_at_home(self, tenant_id: UUID | None) -> bool:
        """Return whether it is a customer's, issued by this tenant; None for the shared pool."""
        return self.is_customer and self.tenant_id == tenant_id


def scopes_of_role(role: Role | str) -> tuple[TokenScope, ...]:
    """Return the scopes of the tokens that a user of this role gets by logging in."""
    return CUSTOMER_SCOPES if role == Role.CUSTOMER else STAFF_SCOPES
