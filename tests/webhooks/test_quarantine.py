"""An event that cannot be read keeps no other from being sealed and published."""

import logging
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from events.hash_chain import find_first_broken_link
from events.models import Action, AuditEvent, ChainLink, EntityType, PendingEvent
from events.outbox import retry_quarantined_events
from events.queries import list_quarantined_events, read_oldest_pending_time
from kernel import ids
from kernel.actor import SYSTEM
from orders.services.transitions import approve_order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import OrderFactory
from tests.webhooks.delivering import deliver_all_due, publish_all_events, received_envelopes
from tests.webhooks.sink import Sink
from webhooks.models import Endpoint, Message

pytestmark = pytest.mark.django_db
POISON = [{}, {"order": None}, {"order": {"id": "x"}}, {"order": {"id": str(ids.new_id())}}]
ORDER = "order.statusChanged"


def write_poison(tenant: Tenant, details: object) -> AuditEvent:
    """A payment's event without what such events have."""
    with tenant_scope(tenant.id):
        event = AuditEvent(action=Action.PAYMENT_SUCCEEDED, entity_type=EntityType.PAYMENTS, details=details)
        event.save()
        PendingEvent.objects.create(event=event)
    return event


def seals_of(event: AuditEvent) -> int:
    with all_tenants(reason="test"):
        return ChainLink.objects.filter(event=event).count()


@pytest.mark.parametrize("details", [*POISON, {"order": {}, "deep": 2**70}], ids=str)
def test_the_others_are_sealed_and_told_in_order(
    hook: Endpoint, sink: Sink, acme: Tenant, rex: Pet, details: object
) -> None:
    order = OrderFactory.create(pet=rex)
    bad = write_poison(acme, details)
    with tenant_scope(acme.id):
        approve_order(order_id=order.id, actor=SYSTEM)
    deliver_all_due()
    told = [envelope["data"]["newStatus"] for envelope in received_envelopes(sink) if envelope["eventType"] == ORDER]
    assert told == ["PLACED", "APPROVED"]
    assert (seals_of(bad), list_quarantined_events(), read_oldest_pending_time()) == (0, [bad.id], None)
    assert find_first_broken_link() is None


@pytest.mark.usefixtures("hook")
def test_an_error_in_the_log_names_it_once(acme: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    bad = write_poison(acme, {})
    publish_all_events()
    publish_all_events()
    assert [line.levelno for line in caplog.records if str(bad.id) in line.getMessage()] == [logging.ERROR]


@pytest.mark.usefixtures("hook")
def test_readyz_and_metrics_tell_of_it_and_the_journals_check_names_it(client: Client, acme: Tenant) -> None:
    bad = write_poison(acme, {})
    publish_all_events()
    answer, out = client.get("/readyz"), StringIO()
    assert answer.status_code == 200
    assert "1 events cannot be read" in answer.json()["checks"][-1]["detail"]
    assert "petstore_events_set_aside 1.0" in client.get("/metrics").content.decode()
    with pytest.raises(CommandError):
        call_command("verify_journal", stdout=out)
    assert f"wrong Every event can be read\n  {bad.id}" in out.getvalue()


def test_a_release_that_can_read_it_takes_it_up_again(hook: Endpoint, acme: Tenant) -> None:
    bad = write_poison(acme, {})
    publish_all_events()
    with tenant_scope(acme.id):
        Endpoint.objects.filter(pk=hook.pk).delete()
    assert retry_quarantined_events() == 1
    publish_all_events()
    with all_tenants(reason="test"):
        assert not PendingEvent.objects.exists()
        assert not Message.objects.filter(pk=bad.id).exists()
    assert (seals_of(bad), list_quarantined_events()) == (1, [])
