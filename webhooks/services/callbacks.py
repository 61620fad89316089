"""Callbacks: one message to a URL that a caller names (contract, Orders)."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from events.models import Action, EntityType
from events.services import record_event
from kernel import clock, ids
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from kernel.errors import Invalid
from orders.models import Order
from orders.queries import get_order
from orders.states import Status
from outbound.client import parse_target_url
from tenants.scoping import current_tenant_id
from webhooks.errors import TooManyCallbackHosts
from webhooks.models import CALLBACK_TYPE, Delivery, Endpoint, Message
from webhooks.signatures import derive_callback_secret

PROCESSOR = "petstore"
MAX_HOSTS = 5
"""Hosts that the callbacks of one order go to: a caller who knows an order must not make us call any number of them."""
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@requires_access(TokenScope.WRITE_ORDERS, is_token_optional=True)
def enqueue_order_callback(  # noqa: PLR0913  # the parts of its request
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

    It is signed (`webhooks.signatures.derive_callback_secret`) and retried as webhooks are. Returns the delivery's id.

    Args:
        timestamp: the caller's clock, Unix seconds as text.
        request_id: echoed as `requestId`; by default the delivery's id.

    Raises:
        OrderNotFound, NotYourOrder, LoginRequired
        UnsafeUrl: nothing can be sent there.
        TooManyCallbackHosts: the callbacks of this order already go to `MAX_HOSTS` other hosts.
        Invalid: `timestamp` is no such text.
    """
    order = get_order(order_id, actor=actor)
    actor.require_staff_permission(Permission.CHANGE_ORDERS)
    target = parse_target_url(callback_url, field="callbackUrl")
    _check_timestamp(timestamp)
    at, delivery_id = clock.now(), ids.new_id()
    is_payable = (order.status, order.total_amount, order.currency) == (Status.PLACED, amount, currency)
    body = _build_callback_body(order, request_id or str(delivery_id), at, is_payable=is_payable)
    with transaction.atomic():
        _check_host_limit(order, target.host)
        message = Message(id=ids.new_id(), event_type=CALLBACK_TYPE, body=orjson.dumps(body).decode(), created_at=at)
        message.save(force_insert=True)
        Delivery(
            id=delivery_id,
            endpoint_id=ensure_shared_endpoint(),
            message=message,
            url=callback_url,
            host=target.host,
            ordering_key=order.id,
            due_at=at,
            created_at=at,
        ).save(force_insert=True)
    return delivery_id


def reveal_callback_secret(*, actor: Actor) -> str:
    """Return the secret that signs the scope's callbacks, and record in the journal who has seen it.

    Raises:
        LoginRequired, Forbidden
    """
    actor.require_permission(Permission.CHANGE_WEBHOOKS)
    record_event(
        Action.SECRET_REVEALED,
        entity_type=EntityType.WEBHOOKS,
        entity_id=None,
        actor=actor,
        at=clock.now(),
        details={"secret": "of callbacks"},
    )
    return derive_callback_secret(current_tenant_id())


def _check_timestamp(text: str) -> None:
    if not _TIMESTAMP.fullmatch(text):
        raise Invalid.for_field("timestamp", 'Give Unix seconds as text, such as "1735689600".', "invalid")


def _build_callback_body(order: Order, request_id: str, at: datetime, *, is_payable: bool) -> dict[str, Any]:
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
        "timestamp": clock.format_rfc3339(at),
    }


def _check_host_limit(order: Order, host: str) -> None:
    """Lock the order and check its hosts: of many callers at once none exceeds the limit."""
    Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    hosts = set(
        Delivery.objects.callbacks().filter(ordering_key=order.pk).order_by().values_list("host", flat=True).distinct()
    )
    if host not in hosts and len(hosts) >= MAX_HOSTS:
        raise TooManyCallbackHosts(f"The callbacks of one order may go to {MAX_HOSTS} hosts at most.")


def ensure_shared_endpoint() -> UUID:
    """Return the id of the endpoint that all callbacks of the scope share; make it if there is none."""
    rows = Endpoint.objects.filter(kind=Endpoint.Kind.CALLBACK, url="").values_list("pk", flat=True)
    found: UUID | None = rows.first()
    if found is None:
        Endpoint.objects.bulk_create([Endpoint(kind=Endpoint.Kind.CALLBACK, url="")], ignore_conflicts=True)
        found = rows.get()
    return found
