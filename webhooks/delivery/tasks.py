"""What the task engine runs (setting TASKS)."""

from contextlib import suppress
from uuid import UUID

from django_tasks import task

from webhooks.delivery.attempts import send
from webhooks.delivery.claims import ClaimLost
from webhooks.delivery.in_flight import desk


@task
def deliver(delivery_id: str, claim: str) -> None:
    """Send a delivery that is claimed under this token; nothing happens if it no longer is."""
    claimed = desk.take(UUID(delivery_id), UUID(claim))
    if claimed is not None:
        with suppress(ClaimLost):
            desk.give(send(claimed))
