"""The callback that a caller may ask for: once, to a URL of their own (contract, Orders)."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from events.models import Action, EntityType
from events.services import record
from kernel import clock, ids
from kernel.actor import Actor, Permission
from kernel.errors import Invalid
from orders.models import Order
from orders.queries import order_for
from orders.states import Status
from tenants.scoping import current_tenant_id
from webhooks.models import CALLBACK_TYPE, Delivery, Endpoint, Message
from webhooks.outbound import Target, parse_target
from webhooks.queries import callback_secret

PROCESSOR = "petstore"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def enqueue_callback(  # noqa: PLR0913  # the parts of its request
    *,
    order_id: UUID,
    amount: Decimal,
    currency: str,
    timestamp: str,
    callback_url: str,
    actor: Actor,
    request_id: str = "",
) -> UUID:
    """Have `orderProcessed` sent to a URL: COMPLETED if the order can be paid with that money now, else FAILED.

    It is signed (`webhooks.queries.callback_secret`) and retried as webhooks are. Returns the delivery's id.

    Args:
        timestamp: the caller's clock, Unix seconds as text.
        request_id: echoed as `requestId`; by default the delivery's id.

    Raises:
        OrderNotFound, NotYourOrder, LoginRequired
        UnsafeUrl: nothing can be sent there.
        Invalid: `timestamp` is no such text.
    """
    order = order_for(order_id, actor=actor)
    actor.hold_staff_to(Permission.CHANGE_ORDERS)
    target = parse_target(callback_url, field="callbackUrl")
    _check_timestamp(timestamp)
    at, delivery_id = clock.now(), ids.new_id()
    is_payable = (order.status, order.total_amount, order.currency) == (Status.PLACED, amount, currency)
    body = _body(order, request_id or str(delivery_id), at, is_payable=is_payable)
    with transaction.atomic():
        message = Message(id=ids.new_id(), event_type=CALLBACK_TYPE, body=orjson.dumps(body).decode(), created_at=at)
        message.save(force_insert=True)
        Delivery(
            id=delivery_id,
            endpoint_id=_endpoint_of(target).id,
            message=message,
            url=callback_url,
            lane=order.id,
            due_at=at,
            created_at=at,
        ).save(force_insert=True)
    return delivery_id


def reveal_callback_secret(*, actor: Actor) -> str:
    """What signs the scope's callbacks; the journal knows who has seen it.

    Raises:
        LoginRequired, Forbidden
    """
    actor.require(Permission.CHANGE_WEBHOOKS)
    record(
        Action.SECRET_REVEALED,
        entity_type=EntityType.WEBHOOKS,
        entity_id=None,
        actor=actor,
        at=clock.now(),
        details={"secret": "of callbacks"},
    )
    return callback_secret(current_tenant_id())


def _check_timestamp(text: str) -> None:
    if not _TIMESTAMP.fullmatch(text):
        raise Invalid.field("timestamp", 'Give Unix seconds as text, such as "1735689600".', "invalid")


def _body(order: Order, request_id: str, at: datetime, *, is_payable: bool) -> dict[str, Any]:
    transaction_id = str(ids.new_id()) if is_payable else None
    approval_code = f"{order.id.int % 1_000_000:06}" if is_payable else None
    return {
        "requestId": request_id,
        "orderId": str(order.id),
        "status": "COMPLETED" if is_payable else "FAILED",
        "result": {
            "transactionId": transaction_id,
            "processingDetails": {"processor": PROCESSOR, "approvalCode": approval_code},
        },
        "timestamp": clock.rfc3339(at),
    }


def _endpoint_of(target: Target) -> Endpoint:
    """The one of that host in this scope, locked, so that no purge takes it away meanwhile."""
    origin = f"{target.scheme}://{target.authority}"
    rows = Endpoint.objects.select_for_update(no_key=True).filter(kind=Endpoint.Kind.CALLBACK, url=origin)
    while True:
        endpoint: Endpoint | None = rows.first()
        if endpoint is not None:
            return endpoint
        Endpoint.objects.bulk_create([Endpoint(kind=Endpoint.Kind.CALLBACK, url=origin)], ignore_conflicts=True)
