"""A unary call of gRPC: its messages, its use case and the function that answers it (contract, gRPC)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from kernel.access import UseCase
from kernel.actor import Actor


@dataclass(slots=True)
class Call:
    """A call whose caller was let in.

    Attributes:
        site: the address of the site, for links.
        idempotency_key: None without one.
        is_replay: set by the method where it replays a stored response.
    """

    actor: Actor
    site: str
    idempotency_key: str | None = None
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """A unary method of a service.

    Attributes:
        path: such as `/petstore.v1.PetService/GetPet`.
        use_case: says who may call it.
        run: makes the response of a request; in a thread that may read the database, inside the tenant's scope.
    """

    path: str
    request: type[Message]
    response: type[Message]
    use_case: UseCase
    run: Callable[[Any, Call], Message]
