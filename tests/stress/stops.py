"""A whole service on a database that is stopped again and again without a goodbye, under customers who pay."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pytest_django import Settings

from events.hash_chain import find_first_broken_link
from kernel import clock
from orders import integrity
from orders.models import Order
from payments import integrity as payments_check
from payments.models import Payment, SandboxEntry
from payments.retry_policy import ABANDONED_AFTER
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import PetFactory
from tests.server.server import Server, serving, wait_until
from tests.stress.clusters import Cluster
from tests.stress.hearing import Findings, findings, open_shop
from tests.stress.shoppers import Payers, shopping
from tests.webhooks.sink import listening_sink

PETS = 80


@dataclass(frozen=True)
class Outcome:
    """What was left of it all.

    Attributes:
        vanished: orders that were acknowledged, and are not there.
        unclean: answers that no caller expects, and tracebacks in the log.
        disagreements: what the journal's checks complain of.
        unreturned: charges of cancelled orders whose money was not given back.
    """

    stops: int
    orders: int
    answers: Counter[int]
    found: Findings
    vanished: int
    unclean: list[str]
    disagreements: list[str]
    unreturned: int

    def __str__(self) -> str:
        answers = ", ".join(f"{number} × {status}" for status, number in sorted(self.answers.items()))
        return f"{self.stops} stops of the database, {self.orders} orders, {answers}: {self.found}"

    def check(self) -> None:
        """Nothing is lost, nothing is made up, and nobody saw more of it than a 503."""
        assert (self.found.lost, self.found.phantoms, self.found.out_of_order) == (0, 0, 0)
        assert (self.vanished, self.unclean, self.disagreements, self.unreturned) == (0, [], [], 0)
        assert self.answers[503] >= self.stops


def stopped_under_payers(own: Cluster, settings: Settings, folder: Path, *, stops: int) -> Outcome:
    """Stop the database at random moments while orders are placed, paid and cancelled."""
    dice = Random(1)
    with listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        variables = {"DATABASE_URL": own.url, "OUTBOUND_ALLOW": f"127.0.0.1:{sink.port}", "RATE_LIMIT": "1000000/sec"}
        variables["ANONYMOUS_ORDER_LIMIT"] = "off"
        with serving(folder, variables=variables) as server:
            shop = open_shop(sink)
            pets = [PetFactory.create(tenant=shop).id for _ in range(PETS)]
            with shopping(Payers, server.address, shop, pets) as payers:
                for _ in range(stops):
                    _stop(own, server, payers, dice)
                payers.go_home(lambda: None)
            found = findings(shop, sink)
            _have_the_rest_settled()
    with tenant_scope(shop.id):
        orders = set(Order.objects.values_list("pk", flat=True))
    return Outcome(
        stops=stops,
        orders=len(orders),
        answers=payers.answers,
        found=found,
        vanished=len(payers.acknowledged - orders),
        unclean=[*payers.unclean, *_tracebacks(server)],
        disagreements=_disagreements(),
        unreturned=_unreturned(),
    )


def _stop(own: Cluster, server: Server, payers: Payers, dice: Random) -> None:
    """Once somebody was served since the last time; it is away for a moment."""
    before = len(payers.acknowledged)
    wait_until(lambda: len(payers.acknowledged) > before)
    time.sleep(dice.uniform(0, 2))
    own.stop_at_once()
    wait_until(lambda: server.get("/readyz").status_code == 503)
    time.sleep(dice.uniform(0, 0.5))
    own.start()


def _have_the_rest_settled() -> None:
    """As if the minutes were over after which the gateway is asked about what broke off, and a charge is given up."""
    at = clock.now()
    with all_tenants(reason="test"):
        Payment.objects.filter(due_at__isnull=False).update(due_at=at, updated_at=at - ABANDONED_AFTER)
        wait_until(lambda: not Payment.objects.filter(due_at__isnull=False).exists())


def _disagreements() -> list[str]:
    checks = [*integrity.run_order_checks(), *payments_check.run_payment_checks()]
    position = find_first_broken_link()
    return [check.claim for check in checks if check.broken] + ([f"seal {position}"] if position else [])


def _unreturned() -> int:
    """All orders are cancelled, so that each charge has its refund."""
    kinds = Counter(SandboxEntry.objects.filter(outcome="SUCCEEDED").values_list("kind", flat=True))
    return kinds["CHARGE"] - kinds["REFUND"]


def _tracebacks(server: Server) -> list[str]:
    return [line for line in server.log.read_text().splitlines() if "Traceback" in line]
