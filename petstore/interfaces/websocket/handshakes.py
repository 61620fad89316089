"""Callers of web sockets: the token and the tenant, wherever the client has put them (contract, WebSocket)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from rest_framework.exceptions import ParseError

from kernel.access import UseCase
from kernel.caller import NO_CREDENTIALS, Credentials
from petstore.interfaces.calls import RateLimitExceeded
from petstore.interfaces.entry.rate_limits import list_rate_limit_headers
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.entry.socket_handshakes import Handshake, read_faulty_handshake
from petstore.interfaces.http.problems import DATABASE_AWAY
from petstore.server.request_head import Refused
from petstore.server.request_pool import Overloaded
from petstore.server.web_sockets import WebSocket

SUBPROTOCOL: Final = "petstore.v1"
BEARER: Final = "bearer."
"""Begins the offered subprotocol that is a token."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A handshake, and what is wrong with it.

    Attributes:
        caller: without a token where there is none, or where it contradicts itself.
        refusal: what the caller is told once the socket is open; None where they may be let in.
    """

    handshake: Handshake
    query: QueryDict
    caller: SocketCaller
    refusal: Exception | None = None

    def require_no_refusal(self) -> None:
        """Raise what is wrong with the handshake, if anything is."""
        if self.refusal is not None:
            raise self.refusal

    @property
    def has_token(self) -> bool:
        return self.caller.credentials.token is not None


async def read_arrival(socket: WebSocket, use_case: UseCase) -> Arrival:
    """Read a handshake and count it against the quota of its caller.

    Raises:
        Refused: its head is none that a request may have, or the quota is used up.
    """
    arrival = _identify_caller(socket, read_faulty_handshake(socket.scope))
    caller = arrival.caller
    try:
        await caller.run_job_in_pool(socket.pool, partial(caller.count_handshake, use_case))
    except RateLimitExceeded as error:
        left = () if error.counted is None else list_rate_limit_headers(error.counted)
        raise Refused(429, error.detail, (("Retry-After", str(error.retry_after)), *left)) from error
    except (Overloaded, *DATABASE_AWAY) as error:
        return replace(arrival, refusal=error)
    return arrival


def add_auth_frame(caller: SocketCaller, values: Mapping[str, Any]) -> SocketCaller:
    """Return the caller that a handshake and an `auth` frame name together.

    Raises:
        ParseError: they name two.
    """
    tenant_id = values.get("tenantId")
    token = _choose_value("token", [caller.credentials.token, values["token"]])
    tenant = _choose_value("tenant", [caller.tenant, None if tenant_id is None else str(tenant_id)])
    return SocketCaller(Credentials(token), tenant, caller.peer).name_next_call()


def confirm_caller(caller: SocketCaller, values: Mapping[str, Any]) -> None:
    """Raise ParseError where an `auth` frame names another caller than the one who was let in."""
    if add_auth_frame(caller, values).tenant != caller.tenant:
        raise ParseError("You were let in to another tenant.")


def choose_subprotocol(socket: WebSocket) -> str | None:
    """Return the subprotocol to select: ours, if it is offered."""
    return SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None


def _identify_caller(socket: WebSocket, handshake: Handshake) -> Arrival:
    query: QueryDict = QueryDict()
    offered = [name[len(BEARER) :] for name in socket.scope["subprotocols"] if name.startswith(BEARER)]
    nobody = SocketCaller(NO_CREDENTIALS, None, handshake.peer).name_next_call()
    try:
        query = _read_query(socket, handshake)
        token = _choose_value("token", [handshake.credentials.token, *query.getlist("token"), *offered])
        tenant = _choose_value("tenant", [handshake.tenant, *query.getlist("tenantId")])
    except (ParseError, SuspiciousOperation) as error:
        return Arrival(handshake, query, nobody, error)
    return Arrival(handshake, query, SocketCaller(Credentials(token), tenant, nobody.peer))


def _read_query(socket: WebSocket, handshake: Handshake) -> QueryDict:
    if handshake.fault is not None:
        raise ParseError(handshake.fault.detail)
    return QueryDict(socket.scope["query_string"])


def _choose_value(name: str, values: Iterable[str | None]) -> str | None:
    """Return the one value that was given; raises ParseError where there are two."""
    given = {value.lower() if name == "tenant" else value for value in values if value is not None}
    if len(given) > 1:
        raise ParseError(f"Two places say two things as {name}.")
    return given.pop() if given else None
