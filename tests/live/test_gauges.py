"""What `/metrics` tells of open connections and of customers who wait (operating, Watching it)."""

import multiprocessing
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Room
from kernel import clock
from petstore.interfaces.monitoring.gauges import OpenConnections
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.chat.rooms.conftest import Say, say

__all__ = ["say"]

_fork = multiprocessing.get_context("fork")


def _read_gauges(opened: OpenConnections) -> dict[str, float]:
    samples = [sample for metric in opened.collect() for sample in metric.samples]
    return {sample.labels.get("protocol", sample.name): sample.value for sample in samples if sample.value}


def _open_some(opened: OpenConnections, process: int) -> None:
    opened.begin_as_process(process)
    opened.count_socket("/v1/graphql", 1)
    opened.count_socket("/v1/ws/orders/7", 1)
    opened.count_socket("/v1/ws/chat", 1)
    opened.count_socket("/v1/ws/chat", -1)
    opened.count_socket("/nowhere", 1)
    opened.count_chat_session(1)


def _run_in_fork(opened: OpenConnections, process: int) -> None:
    child = _fork.Process(target=_open_some, args=(opened, process))
    child.start()
    child.join()


def test_what_is_open_is_summed_over_all_processes_and_begins_anew_with_each() -> None:
    opened = OpenConnections()
    _run_in_fork(opened, 1)
    _run_in_fork(opened, 2)
    expected = {"graphql": 2.0, "websocket": 2.0, "other": 2.0, "petstore_chat_sessions": 2.0}
    assert _read_gauges(opened) == expected
    _run_in_fork(opened, 2)  # the same number again: the process before it is dead
    assert _read_gauges(opened) == expected


@pytest.mark.django_db
def test_metrics_tell_how_many_wait_in_all_tenants_and_for_how_long(
    alice: User, charlie: User, globex: Tenant, say: Say
) -> None:
    say(alice, "Hello")
    Room.objects.update(waiting_since=clock.now() - timedelta(minutes=2))
    with tenant_scope(globex.id):
        say(charlie, "Hello")
    lines = Client().get("/metrics").content.decode().splitlines()
    assert "petstore_rooms_waiting 2.0" in lines
    (oldest,) = [line.split()[1] for line in lines if line.startswith("petstore_rooms_waiting_oldest_seconds ")]
    assert 120 <= float(oldest) < 3600
    assert not any(str(tenant_id) in line for tenant_id in (globex.id, alice.tenant_id) for line in lines)
