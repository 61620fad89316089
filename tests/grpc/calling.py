"""Calls of gRPC's methods without a server, as the server makes them: in the tenant's scope, with an actor."""

from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from accounts.models import User
from kernel.actor import ANONYMOUS, Actor
from petstore.interfaces.grpc.methods import Call
from petstore.interfaces.grpc.services import METHODS
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import acting

SITE = "http://testserver"


def call_method(name: str, request: Message, who: User | None = None, at: Tenant | None = None, **more: Any) -> Any:
    """The response to a call; raises what its method raises.

    Args:
        name: such as `PetService/GetPet`.
        who: nobody, unless somebody.
        at: by default where `who` is at home.
    """
    tenant = at or (who.tenant if who else None)
    assert tenant is not None
    with tenant_scope(tenant.id):
        actor: Actor = acting(who) if who else ANONYMOUS
        return METHODS[f"/petstore.v1.{name}"].run(request, Call(actor, SITE, **more))


def as_json(message: Message) -> dict[str, Any]:
    """The message as protobuf's JSON mapping has it, with the fields that have no presence."""
    return MessageToDict(message, always_print_fields_with_no_presence=True)
