"""Calls of gRPC's methods without a server, as the server makes them: in the tenant's scope, with an actor."""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from accounts.models import User
from kernel.actor import ANONYMOUS, SYSTEM, Actor
from petstore.interfaces.grpc.methods import Call
from petstore.interfaces.grpc.services import METHODS
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import acting

SITE = "http://testserver"
NOBODY = "019b4139-1234-7abc-8def-123456789abc"
"""An id that nothing has."""
_ENUM = re.compile(r"\A(?:SIZE|GENDER|ORDER_STATUS|PAYMENT_STATUS|BANK_ACCOUNT_TYPE)_([A-Z]+)\Z")


class Caller:
    """A person at a tenant, by default at home; the system without a person.

    Args:
        actor: in place of the person's.
    """

    def __init__(self, who: User | None = None, *, at: Tenant | None = None, actor: Actor | None = None) -> None:
        self.tenant = at or (who.tenant if who else None)
        self.actor = actor or (acting(who) if who else SYSTEM)

    @classmethod
    def nobody(cls, at: Tenant) -> "Caller":
        """Somebody without a token."""
        return cls(at=at, actor=ANONYMOUS)

    def call(self, name: str, request: Message, *, key: str | None = None) -> Any:
        """The response to a call such as `PetService/GetPet`; raises what its method raises."""
        return self.call_and_tell(name, request, key=key)[0]

    def call_and_tell(self, name: str, request: Message, *, key: str | None) -> tuple[Any, bool]:
        """The response, and whether it is a replay."""
        assert self.tenant is not None
        call = Call(self.actor, SITE, key)
        with tenant_scope(self.tenant.id):
            response = METHODS[f"/petstore.v1.{name}"].run(request, call)
        return response, call.is_replay


def show_as_rest(message: Message) -> dict[str, Any]:
    """The message by protobuf's JSON mapping, with REST's words of enums; fields that are not given are left out."""
    shown: dict[str, Any] = _reword(MessageToDict(message, always_print_fields_with_no_presence=True))
    return shown


def without_nulls(value: Any) -> Any:
    """JSON of REST's without the fields that are null."""
    if isinstance(value, Mapping):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _reword(value: Any) -> Any:
    if isinstance(value, Mapping):
        reworded = {name: _reword(inner) for name, inner in value.items()}
        return {name: inner for name, inner in reworded.items() if inner != "UNSPECIFIED"}
    if isinstance(value, list):
        return [_reword(inner) for inner in value]
    return _ENUM.sub(r"\1", value) if isinstance(value, str) else value
