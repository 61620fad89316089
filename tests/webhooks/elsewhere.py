"""Programs that the tests run in processes of their own."""

import os
import signal
import sys
from datetime import timedelta
from threading import Event

from django.core.management import call_command
from django.db import transaction

from outbound import client
from public_events.event_types import EventType
from tenants.models import Tenant
from tests.factories import OrderFactory, TenantFactory
from tests.webhooks.conftest import subscribe_endpoint
from webhooks.delivery import claims
from webhooks.delivery.claims import ClaimedDelivery, claim_due_deliveries, list_waiting_endpoints
from webhooks.delivery.concurrency import MAX_PER_ENDPOINT
from webhooks.delivery.in_flight import in_flight_deliveries
from webhooks.delivery.tasks import deliver_claimed


def open_and_sell(url: str) -> None:
    """Migrate, and sell a pet in a shop that has an endpoint there."""
    call_command("migrate", interactive=False, verbosity=0)
    shop: Tenant = TenantFactory.create()
    subscribe_endpoint(shop, url, *EventType.values)
    OrderFactory.create(tenant=shop)


def run_worker(lease_seconds: int) -> None:
    """The background worker, with a lease that a test can wait for."""
    claims.LEASE = timedelta(seconds=lease_seconds)
    call_command("run_worker")


def claim_and_hang() -> None:
    """Claim all that is due, say so, and never send it."""
    claim_due_deliveries(
        {
            one.endpoint_id: MAX_PER_ENDPOINT
            for one in list_waiting_endpoints(MAX_PER_ENDPOINT, busy=(), include_failing=True)
        }
    )
    _print_line("claimed")
    _hang_forever()


def claim_freeze_and_send_unseen(lease_seconds: int) -> None:
    """The negative control: the same by a worker that does not look at its lease again."""
    ClaimedDelivery.has_fresh_lease = lambda _claimed: True  # type: ignore[assignment,method-assign]
    claim_freeze_and_send(lease_seconds)


def claim_freeze_and_send(lease_seconds: int) -> None:
    """Claim all that is due, stop as SIGSTOP does, and send it when somebody wakes this process."""
    claims.LEASE = timedelta(seconds=lease_seconds)
    taken = claim_due_deliveries(
        {
            one.endpoint_id: MAX_PER_ENDPOINT
            for one in list_waiting_endpoints(MAX_PER_ENDPOINT, busy=(), include_failing=True)
        }
    )
    _print_line("claimed")
    os.kill(os.getpid(), signal.SIGSTOP)
    for claimed in taken:
        in_flight_deliveries.add_claimed_delivery(claimed)
        deliver_claimed.call(str(claimed.delivery_id), str(claimed.claim))
    _print_line("done")


def sell_on(tenant: str) -> None:
    """Sell a pet, say its order, and go on with the next one."""
    while True:
        _print_line(str(OrderFactory.create(tenant=Tenant.objects.get(pk=tenant)).id))


def sell_and_post_on_commit(tenant: str, url: str) -> None:
    """The negative control: whoever sells tells of it, after the commit and without a row that says so."""
    with transaction.atomic():
        transaction.on_commit(lambda: _post_late(url))
        OrderFactory.create(tenant=Tenant.objects.get(pk=tenant))


def _post_late(url: str) -> None:
    _print_line("committed")
    _hang_forever()
    client.post_once(url, body=b"{}", headers={})


def _print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _hang_forever() -> None:
    Event().wait()
