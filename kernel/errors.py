"""The errors of the domain. Interfaces translate the `kind` and never look at the subclass."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """The kind of an error, which each protocol translates to codes of its own."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"
    KEY_REUSED = "key_reused"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field at fault: its dotted name, a sentence and a machine-readable code (contract, Errors)."""

    field: str
    message: str
    code: str = "invalid"


class DomainError(Exception):
    """A refusal that a caller can understand; nothing was changed.

    Args:
        detail: one sentence for the caller; never the rejected input itself.
        faults: the fields at fault, where fields are.

    Attributes:
        retry_after: seconds after which the same request may well succeed.
    """

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "invalid"
    title: ClassVar[str] = "The request is not valid"
    retry_after: int | None = None

    def __init__(self, detail: str = "", *, faults: tuple[FieldFault, ...] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.faults = faults


class Invalid(DomainError):
    """Input that the domain refuses, field by field."""

    code = "validation_error"
    title = "One or more fields are not valid"

    @classmethod
    def for_field(cls, name: str, message: str, code: str = "invalid") -> "Invalid":
        """Make the error for one field at fault."""
        return cls(message, faults=(FieldFault(name, message, code),))


class NotFound(DomainError):
    """There is no such row in this scope; the rows of other tenants are not found either."""

    kind = Kind.NOT_FOUND
    code = "not_found"
    title = "Not found"


class LoginRequired(DomainError):
    """The caller has no token and needs one."""

    kind = Kind.UNAUTHENTICATED
    code = "unauthorized"
    title = "Authentication is required"


class FreshProofRequired(LoginRequired):
    """The caller gave their password too long ago for a sensitive step (RFC 9470)."""

    code = "fresh_login_required"
    title = "This step asks for a fresh log-in"


class Forbidden(DomainError):
    """The caller is known, but may not do this."""

    kind = Kind.FORBIDDEN
    code = "forbidden"
    title = "You may not do this"


class InsufficientScope(Forbidden):
    """The token lacks a scope (RFC 6750, 3.1).

    Attributes:
        scope: the scope that is needed.
    """

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"The token lacks the scope {scope}.")
        self.scope = scope


class Conflict(DomainError):
    """The resource's state does not allow it."""

    kind = Kind.CONFLICT
    code = "conflict"
    title = "The resource's state does not allow this"


class StaleVersion(DomainError):
    """The row changed since the caller read it (RFC 9110, 13.1.1)."""

    kind = Kind.STALE
    code = "precondition_failed"
    title = "The resource has changed since it was read"
