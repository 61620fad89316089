"""MQTT at length: `pytest tests/stress/mqtt_kills.py`, with `--db sqlite` for the other database.

100 kill -9 of the worker while it publishes, half of them after the link to the broker was cut. Every event of the
journal is heard, none is made up, each order's steps are heard in order, and what comes twice has one id.
"""

from collections.abc import Callable

import pytest

from tenants.models import Tenant
from tests.factories import TenantFactory
from tests.mqtt.brokers import running_broker
from tests.mqtt.links import linked
from tests.mqtt.storms import compare_with_journal, kill_workers_amid_events
from tests.mqtt.subscriber import subscribing

KILLS = 100
PREFIX = "storm/"


@pytest.mark.django_db(transaction=True)
def test_workers_that_are_killed_and_links_that_are_cut_lose_nothing(report: Callable[[str], None]) -> None:
    shop: Tenant = TenantFactory.create()
    with running_broker() as broker, subscribing(broker.port) as subscriber, linked(broker.port) as link:
        kill_workers_amid_events(link, PREFIX, shop, kills=KILLS)
        found = compare_with_journal(shop, subscriber)
    report(f"{KILLS} kills: {found}")
    assert (found.lost, found.phantoms, found.out_of_order) == (0, 0, 0)
