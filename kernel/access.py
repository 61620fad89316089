"""The access that a use case asks for: one rule for every protocol (contract, Who may do what)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from kernel.actor import Role

UseCase = Callable[..., object]
_UseCase = TypeVar("_UseCase", bound=UseCase)


class TokenScope(StrEnum):
    """A scope that a token may have (contract, Authentication)."""

    READ_PETS = "read:pets"
    WRITE_PETS = "write:pets"
    READ_ORDERS = "read:orders"
    WRITE_ORDERS = "write:orders"
    READ_USER = "read:user"
    WRITE_USER = "write:user"
    WRITE_CHAT = "chat:write"


class CountedBy(StrEnum):
    """The quota that a call counts against (contract, Rate limits; guarantees, G20); named as in `RateLimit-Policy`."""

    TOKEN = "token"  # noqa: S105  # the name of a quota
    """The quota of the token's user; without a token, that of the address."""
    ADDRESS = "address"
    """The quota of the address, also with a token: the call gives tokens, and more tokens buy no quota."""
    LOGIN = "login"
    """The quota of log-ins from the address."""


@dataclass(frozen=True, slots=True)
class Access:
    """The token that a use case asks of its caller. Which rows the bearer may touch is decided by the use case.

    Attributes:
        scope: the scope that a token must have; None where any token will do.
        is_token_optional: callers without a token are let in, too.
        is_entrance: a MEMBERS tenant lets in callers without a token, too; for logging in only.
        least_role: the least role in the tenant, checked before the rest of the request is read.
        counted_by: the quota that a call counts against.
        is_closed_to_applications: only the user's own log-in will do, no token that they granted to an application.
    """

    scope: TokenScope | None = None
    is_token_optional: bool = False
    is_entrance: bool = False
    least_role: Role = Role.CUSTOMER
    counted_by: CountedBy = CountedBy.TOKEN
    is_closed_to_applications: bool = False


def requires_access(  # noqa: PLR0913  # the attributes of an Access
    scope: TokenScope | None = None,
    *,
    is_token_optional: bool = False,
    is_entrance: bool = False,
    least_role: Role = Role.CUSTOMER,
    counted_by: CountedBy = CountedBy.TOKEN,
    is_closed_to_applications: bool = False,
) -> Callable[[_UseCase], _UseCase]:
    """Declare the Access of a use case, write or read; interfaces look it up by `access_of` and check it.

    A call from Python is not checked: `petstore.interfaces.calls` checks the callers of every protocol.
    """
    access = Access(scope, is_token_optional, is_entrance, least_role, counted_by, is_closed_to_applications)

    def attach_to_use_case(use_case: _UseCase) -> _UseCase:
        vars(use_case)["access"] = access
        return use_case

    return attach_to_use_case


def access_of(use_case: UseCase) -> Access:
    """Return the Access that a use case declares.

    Raises:
        TypeError: it declares none, so no interface may offer it.
    """
    access = getattr(use_case, "access", None)
    if not isinstance(access, Access):
        raise TypeError(f"{use_case!r} declares no Access.")
    return access
