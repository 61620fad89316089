"""Forgetting the callbacks that somebody has asked for: their URLs and bodies are the caller's own words (G22)."""

from collections.abc import Collection
from uuid import UUID

from webhooks.models import Delivery, Endpoint, Message
from webhooks.services.purge import delete_deliveries

AT_ONCE = 500
"""Orders in one statement."""


def erase_callbacks(order_ids: Collection[UUID]) -> None:
    """Delete the callbacks about these orders of the scope, sent or not, with what was answered to them.

    Call it in a transaction. One that is on its way at this moment still arrives.
    """
    ids = list(order_ids)
    for start in range(0, len(ids), AT_ONCE):
        callbacks = Delivery.objects.filter(
            ordering_key__in=ids[start : start + AT_ONCE], endpoint__kind=Endpoint.Kind.CALLBACK
        )
        found = list(callbacks.values_list("pk", "message_id"))
        delete_deliveries(Delivery.objects.filter(pk__in=[pk for pk, _ in found]))
        Message.objects.filter(pk__in=[message_id for _, message_id in found]).delete()
