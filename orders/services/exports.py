"""Exports of orders by staff, recorded in the journal of each tenant."""

from collections import Counter
from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db import transaction

from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.actor import Actor
from orders.export import CHUNK, Row, build_export_row
from orders.models import Order, OrderQuerySet
from tenants.scoping import Scope, current_scope, reopen_scope, tenant_scope

_ID = 16
"""Bytes of an id: all that is kept of an order until its turn comes."""


def export_orders(*, orders: OrderQuerySet, filters: Mapping[str, str], actor: Actor) -> Iterator[list[Row]]:
    """Export orders in their order, some at a time.

    The selection is made now, so each order comes once; its columns are read when its turn comes. Between two parts no
    cursor, transaction or scope is open. The journal of each tenant records the number of its exported orders before
    the first one leaves.

    Args:
        filters: how they were chosen, for the journal; no personal data.

    Raises:
        LoginRequired, Forbidden: only staff may.
    """
    actor.require_staff()
    ids, numbers = _collect_order_ids(orders)
    at = clock.now()
    with transaction.atomic():
        for tenant_id, number in numbers.items():
            with tenant_scope(tenant_id):
                record_event(
                    Action.ORDERS_EXPORTED,
                    entity_type=EntityType.ORDERS,
                    entity_id=None,
                    actor=actor,
                    at=at,
                    details={"filters": dict(filters), "orders": number},
                )
    return _read_in_parts(ids, current_scope())


def _collect_order_ids(orders: OrderQuerySet) -> tuple[bytes, Counter[UUID]]:
    """Return the ids as bytes, one after the other, and the number of orders of each tenant."""
    ids, numbers = bytearray(), Counter[UUID]()
    for order_id, tenant_id in orders.values_list("pk", "tenant_id").iterator(chunk_size=CHUNK):
        ids += order_id.bytes
        numbers[tenant_id] += 1
    return bytes(ids), numbers


def _read_in_parts(ids: bytes, scope: Scope) -> Iterator[list[Row]]:
    for start in range(0, len(ids), CHUNK * _ID):
        part = ids[start : start + CHUNK * _ID]
        wanted = [UUID(bytes=part[place : place + _ID]) for place in range(0, len(part), _ID)]
        with reopen_scope(scope):
            found = Order.objects.order_by().select_related("pet").in_bulk(wanted)
        yield [build_export_row(found[order_id]) for order_id in wanted]
