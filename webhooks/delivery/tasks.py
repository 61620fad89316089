"""Tasks of the task engine (setting TASKS)."""

from contextlib import suppress
from uuid import UUID

from django_tasks import task

from webhooks.delivery.attempts import send_claimed_delivery
from webhooks.delivery.claims import ClaimLost
from webhooks.delivery.in_flight import in_flight_deliveries


@task
def deliver_claimed(delivery_id: str, claim: str) -> None:
    """Send a delivery that is claimed under this token; do nothing if it no longer is."""
    claimed = in_flight_deliveries.take_claimed_delivery(UUID(delivery_id), UUID(claim))
    if claimed is not None:
        with suppress(ClaimLost):
            in_flight_deliveries.put_attempt_result(send_claimed_delivery(claimed))
