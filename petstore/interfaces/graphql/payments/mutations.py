"""The mutations that cancel and pay an order (contract, Orders; Payments)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import APIException

from idempotency.services import ReplayableResponse, run_with_recovery
from kernel.actor import Actor
from kernel.errors import DomainError
from orders.errors import OrderNotFound
from orders.queries import get_order
from payments import bank_accounts, cards
from payments.models import Payment
from payments.services.order_transitions import cancel_order
from payments.services.payment import pay_order
from petstore.interfaces.graphql.arguments import drop_nulls, read_id, read_if_match
from petstore.interfaces.graphql.bindings import FieldInfo, TypeBinding
from petstore.interfaces.graphql.faults import rename_faults
from petstore.interfaces.graphql.idempotency import build_idempotent_request
from petstore.interfaces.graphql.siblings import make_single_source
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.fields import parse_rfc3339_time
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.representation.payments import PaymentInput, PaymentOutput
from tenants.scoping import current_scope

CREATED: Final = 201
_OBJECT_OF_MEMBER: Final = {"card": cards.OBJECT, "bankAccount": bank_accounts.OBJECT}


class PaymentRow(NamedTuple):
    """A payment as it was first answered, without its order."""

    id: UUID
    amount: Decimal
    currency: str
    source: dict[str, Any]
    status: str
    created_at: datetime | None


def resolve_cancel_order(_root: object, info: FieldInfo, **arguments: Any) -> dict[str, Any]:
    """Cancel an order."""
    actor = info.context.admit_to(cancel_order)
    order_id = read_id(arguments, OrderNotFound)
    order = cancel_order(order_id=order_id, actor=actor, expected_version=read_if_match(arguments))
    return {"order": make_single_source(order)}


@sensitive_variables()
def resolve_pay_order(_root: object, info: FieldInfo, **arguments: Any) -> dict[str, Any]:
    """Pay an order, once for each `idempotencyKey`."""
    actor: Actor = info.context.admit_to(pay_order)
    order_id, given = read_id(arguments, OrderNotFound), drop_nulls(arguments["input"])
    once = build_idempotent_request(given, operation="graphql.pay_order", actor=actor, target=order_id)
    values = _read_payment_values(given)

    def pay_asked_order(payment_id: UUID | None = None) -> Payment:
        return pay_order(order_id=order_id, **values, actor=actor, payment_id=payment_id)

    def find_order(_info: FieldInfo) -> Any:
        return make_single_source(get_order(order_id, actor=actor))

    if once is None or current_scope().is_provisional:
        return {"payment": make_single_source(pay_asked_order()), "order": find_order, "isReplay": False}
    stored = run_with_recovery(
        once, lambda effect_id: _store_payment(pay_asked_order(effect_id)), refusals=(DomainError, APIException)
    )
    payment = make_single_source(_read_stored_payment(stored))
    return {"payment": payment, "order": find_order, "isReplay": stored.is_replay}


@sensitive_variables()
def _read_payment_values(given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the use case; the source's type is the name of the one member that it has."""
    ((member, source),) = given["source"].items()
    body = {name: given[name] for name in ("amount", "currency")}
    with rename_faults(lambda name: name.replace("source", f"source.{member}", 1)):
        return PaymentInput.validate_request_body(body | {"source": {"object": _OBJECT_OF_MEMBER[member], **source}})


def _store_payment(payment: Payment) -> ReplayableResponse:
    """Return the answer that is stored: REST's, with the source masked."""
    return ReplayableResponse(CREATED, render_json_bytes(compile_representation(PaymentOutput)(payment)))


def _read_stored_payment(stored: ReplayableResponse) -> PaymentRow:
    body = orjson.loads(stored.body)
    return PaymentRow(
        id=UUID(body["id"]),
        amount=Decimal(body["amount"]),
        currency=body["currency"],
        source=body["source"],
        status=body["status"],
        created_at=parse_rfc3339_time(body["createdAt"]),
    )


TYPES: Final = (
    TypeBinding("Mutation", resolvers={"cancelOrder": resolve_cancel_order, "payOrder": resolve_pay_order}),
)
