"""The context of an operation: who calls, and where (contract, GraphQL)."""

from dataclasses import dataclass

from django.conf import settings

from kernel.access import UseCase, requires_access
from kernel.actor import Actor
from kernel.errors import DomainError, Kind
from petstore.interfaces.calls import ScopedCaller

_NOT_ADMITTED = (Kind.UNAUTHENTICATED, Kind.FORBIDDEN)


@requires_access(is_token_optional=True)
def read_schema() -> None:
    """Stand for what every operation may do that touches no row, such as introspection."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """The context of an operation.

    Attributes:
        caller: their tenant is open and their token was looked at.
        site: the address of the site, for links.
        instance: the place where refusals happen.
    """

    caller: ScopedCaller
    site: str
    request_id: str = ""
    instance: str = settings.GRAPHQL_PATH

    def admit_to(self, use_case: UseCase) -> Actor:
        """Return the actor for a use case; raises MembersOnly, LoginRequired, Forbidden."""
        return self.caller.admit_to(use_case)

    def find_actor_for(self, use_case: UseCase) -> Actor | None:
        """Return the actor for a use case, None where they are not admitted to it."""
        try:
            return self.caller.admit_to(use_case)
        except DomainError as error:
            if error.kind not in _NOT_ADMITTED:
                raise
            return None
