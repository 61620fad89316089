"""A primary is lost and its standby takes its place, 20 times under customers who order and pay (guarantees, G23).

uv run pytest tests/stress/switch_over.py --db postgres        # some minutes
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from pytest_django import Settings

from orders.models import Order
from tenants.scoping import tenant_scope
from tests.factories import PetFactory
from tests.server.server import serving, wait_until
from tests.stress.clusters import binaries, database_at
from tests.stress.hearing import findings, open_shop
from tests.stress.pairs import Pair, pair
from tests.stress.shoppers import Payers, shopping
from tests.tools import skip_for_missing
from tests.webhooks.sink import listening_sink

pytestmark = [pytest.mark.django_db(transaction=True)]
SWITCHES = int(os.environ.get("SWITCHES", "20"))
PETS = 40
ALONE_SECONDS = 1.0
"""How long the primary is without its standby before it is lost."""


@pytest.mark.parametrize("is_synchronous", [True, False], ids=["synchronous", "control"])
def test_orders_that_were_acknowledged_are_there(
    tmp_path: Path, settings: Settings, report: Callable[[str], None], is_synchronous: bool
) -> None:
    """With a standby that the primary does not wait for (the control), some are lost."""
    programs = binaries()
    if programs is None:
        skip_for_missing("PostgreSQL's server programs", cure="apt-get install postgresql")
    switches = SWITCHES if is_synchronous else min(SWITCHES, 3)
    with pair(programs, is_synchronous=is_synchronous) as own, listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        ports = ",".join(map(str, own.ports))
        with database_at("127.0.0.1,127.0.0.1", ports, target_session_attrs="read-write"):
            shop = open_shop(sink)
            pets = [PetFactory.create(tenant=shop).id for _ in range(PETS)]
            variables = {"DATABASE_URL": own.url, "RATE_LIMIT": "off", "OUTBOUND_ALLOW": f"127.0.0.1:{sink.port}"}
            kind = Payers if is_synchronous else _Forgiving
            with (
                serving(tmp_path, "--workers", "2", variables=variables) as server,
                shopping(kind, server.address, shop, pets) as payers,
            ):
                for _ in range(switches):
                    _switch(own, payers)
                payers.go_home(lambda: None)
                heard = findings(shop, sink)
            with tenant_scope(shop.id):
                vanished = payers.acknowledged - set(Order.objects.values_list("pk", flat=True))
    answers = ", ".join(f"{number} × {status}" for status, number in sorted(payers.answers.items()))
    kind_of_standby = "synchronous" if is_synchronous else "asynchronous"
    lost = f"{len(payers.acknowledged)} orders, {len(vanished)} lost"
    report(f"{switches} times, {kind_of_standby}: {lost}, {answers}: {heard}")
    assert bool(vanished) != is_synchronous
    if is_synchronous:
        assert payers.unclean == []
        assert (heard.lost, heard.out_of_order) == (0, 0)


class _Forgiving(Payers):
    """They go on where a cancellation was lost and the pet is taken for ever."""

    def buy(self, pet_id: UUID) -> None:
        with suppress(KeyError):
            super().buy(pet_id)


def _switch(own: Pair, payers: Payers) -> None:
    """Once somebody was served since the last time."""
    before = len(payers.acknowledged)
    wait_until(lambda: len(payers.acknowledged) > before)
    time.sleep(Random(before).uniform(0, 1))
    own.fail_over(ALONE_SECONDS)
