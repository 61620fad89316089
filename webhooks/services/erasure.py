"""Erasure of callbacks: their URLs and bodies are their callers' own words (guarantees, G22)."""

from collections.abc import Collection
from uuid import UUID

from webhooks.models import Delivery, Endpoint, Message
from webhooks.services.purge import delete_deliveries

MAX_ORDERS_PER_STATEMENT = 500


def erase_callbacks(order_ids: Collection[UUID]) -> None:
    """Delete the callbacks about these orders of the scope, sent or not, with the responses to them.

    Call it in a transaction. One that is in flight at this moment still arrives.
    """
    ids = list(order_ids)
    for start in range(0, len(ids), MAX_ORDERS_PER_STATEMENT):
        callbacks = Delivery.objects.filter(
            ordering_key__in=ids[start : start + MAX_ORDERS_PER_STATEMENT], endpoint__kind=Endpoint.Kind.CALLBACK
        )
        found = list(callbacks.values_list("pk", "message_id"))
        delete_deliveries(Delivery.objects.filter(pk__in=[pk for pk, _ in found]))
        Message.objects.filter(pk__in=[message_id for _, message_id in found]).delete()
