"""Let the client of a session in: the handshake of Socket.IO (contract, Socket.IO)."""

from dataclasses import replace
from typing import Any, Final

from rest_framework.exceptions import ParseError

from chat.rooms.participants import find_participant
from kernel.caller import Credentials
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.representation.fields import TextField
from petstore.interfaces.representation.serializers import InputSerializer
from petstore.interfaces.rooms.sessions import Entrant, let_caller_in

MAX_TOKEN: Final = 8 * 1024


class HandshakeInput(InputSerializer):
    """The handshake of a client."""

    token = TextField(required=False, allow_null=True, allow_blank=True, max_length=MAX_TOKEN)
    tenantId = TextField(required=False, allow_null=True, allow_blank=True, max_length=100)


def add_handshake(caller: SocketCaller, given: Any) -> SocketCaller:
    """Return the caller that the headers of a session and its handshake name together.

    Args:
        given: the handshake's `auth`; None without one.

    Raises:
        ValidationError
        ParseError: they name two tenants.
    """
    values = HandshakeInput.validate_request_body({} if given is None else given)
    tenants = {tenant.lower() for tenant in (caller.tenant, values.get("tenantId")) if tenant is not None}
    if len(tenants) > 1:
        raise ParseError("The header X-Tenant-ID and auth.tenantId name two tenants.")
    return replace(caller, credentials=Credentials(values.get("token")), tenant=tenants.pop() if tenants else None)


def admit_to_rooms(caller: SocketCaller) -> Entrant:
    """Count a handshake and let its caller in to the rooms of the tenant; called in a request thread.

    Raises:
        RateLimitExceeded
        What `let_caller_in` raises.
    """
    caller.count_handshake(find_participant)
    return let_caller_in(caller)
