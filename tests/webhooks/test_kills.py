"""No event is lost or made up when a process is killed, and duplicates have one id (guarantees, G5)."""

import socket
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connections, transaction

from kernel import clock
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import OrderFactory
from tests.processes import Process
from tests.server.server import wait_until
from tests.webhooks.delivering import deliver_all_due, deliveries_to, publish_all_events, received_envelopes
from tests.webhooks.elsewhere import claim_and_hang, run_worker, sell_and_post_on_commit, sell_on
from tests.webhooks.processes import running_process
from tests.webhooks.sink import Behaviour, Sink, answer_with
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db(transaction=True)
LEASE_SECONDS = 3


def ids_heard(sink: Sink) -> Counter[str]:
    return Counter(request.headers["webhook-id"] for request in sink.received)


def lease_over() -> None:
    with all_tenants(reason="test"):
        Delivery.objects.filter(claim__isnull=False).update(due_at=clock.now())


def test_a_worker_that_dies_after_its_claim_loses_nothing(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    with running_process(sink, claim_and_hang) as worker:
        assert worker.heard() == "claimed"
    deliver_all_due()
    assert sink.received == []
    lease_over()
    deliver_all_due()
    assert list(ids_heard(sink).values()) == [1, 1]
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}


def killing(victims: list[Process]) -> Behaviour:
    """A receiver that has the request, and kills its sender instead of answering."""

    def kill(_connection: socket.socket) -> None:
        victims[0].kill()

    return kill


def answering_in_vain(victims: list[Process]) -> Behaviour:
    """A receiver that answers while nobody can settle, and kills its sender before anybody can."""

    def answer(connection: socket.socket) -> None:
        with all_tenants(reason="test"), transaction.atomic():
            list(Endpoint.objects.select_for_update())
            answer_with()(connection)
            victims[0].kill()
            victims[0].wait()
        connections.close_all()

    return answer


@pytest.mark.parametrize("fatal", [killing, answering_in_vain])
def test_a_worker_that_dies_before_it_settles_sends_again_under_the_same_id(
    hook: Endpoint, sink: Sink, rex: Pet, fatal: Callable[[list[Process]], Behaviour]
) -> None:
    OrderFactory.create(pet=rex)
    victims: list[Process] = []
    sink.behaviour = fatal(victims)
    with running_process(sink, run_worker, LEASE_SECONDS) as worker:
        victims.append(worker)
        worker.wait()
    assert 1 <= len(sink.received) <= 2
    sink.behaviour = answer_with()
    with running_process(sink, run_worker, LEASE_SECONDS):
        wait_until(lambda: {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"})
    assert len(ids_heard(sink)) == 2
    assert 3 <= len(sink.received) <= 4


def test_a_seller_that_is_killed_loses_no_event_and_makes_none_up(hook: Endpoint, sink: Sink, acme: Tenant) -> None:
    with running_process(sink, sell_on, str(acme.id)) as seller:
        said = [seller.heard() for _ in range(10)]
        seller.kill()
        said += seller.rest().split()
    deliver_all_due()
    with tenant_scope(acme.id):
        sold = {str(order_id) for order_id in Order.objects.values_list("pk", flat=True)}
    told = [envelope for envelope in received_envelopes(sink) if envelope["eventType"] == "order.statusChanged"]
    assert {envelope["data"]["order"]["id"] for envelope in told} == sold >= set(said)
    assert len(told) == len(sold)


def test_a_seller_that_tells_on_commit_and_is_killed_loses_its_event(sink: Sink, acme: Tenant) -> None:
    """The negative control."""
    with running_process(sink, sell_and_post_on_commit, str(acme.id), sink.url()) as seller:
        assert seller.heard() == "committed"
    deliver_all_due()
    with tenant_scope(acme.id):
        assert Order.objects.count() == 1
    assert sink.received == []


def test_the_same_seller_loses_nothing_with_a_row_that_says_so(hook: Endpoint, sink: Sink, acme: Tenant) -> None:
    with running_process(sink, sell_and_post_on_commit, str(acme.id), sink.url()) as seller:
        assert seller.heard() == "committed"
    deliver_all_due()
    assert len(ids_heard(sink)) == 2
