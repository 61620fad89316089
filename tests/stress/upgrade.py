"""Two releases at once: the last one serves while this one migrates, starts beside it and takes over, under load.

uv run pytest tests/stress/upgrade.py --db postgres        # two minutes
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, cycle
from pathlib import Path

import orjson
import psycopg
import pytest

from orders.integrity import STEP_ACTIONS
from petstore.server.listener import ROOT
from public_events.event_types import EventType
from tests.deploy.proxies import Proxy, nginx
from tests.releases import find_last_release, unpack_release
from tests.server.server import Server, wait_until
from tests.stress.busy_people import Ledger, Person, WatchedOrder, buy_and_cancel, look_around, repeating
from tests.stress.two_releases import Release, build_environment, own_database, stop_server
from tests.webhooks.sink import Sink, listening_sink

SECONDS = float(os.environ.get("UPGRADE_SECONDS", "8"))
"""The length of each stage under load: the old release alone, both, the new one alone."""
CUSTOMERS, WATCHERS = 6, 3
WHOLE_STORY = ["PLACED", "APPROVED", "payment.succeeded", "CANCELLED"]
WAITING = (
    "SELECT (SELECT count(*) FROM events_pendingevent)"
    " + (SELECT count(*) FROM webhooks_delivery WHERE status = 'PENDING')"
    " + (SELECT count(*) FROM payments_payment WHERE due_at IS NOT NULL)"
)
CONTRACTION = (
    "ALTER TABLE orders_order ADD COLUMN of_tomorrow integer NOT NULL DEFAULT 0;"
    "ALTER TABLE orders_order ALTER COLUMN of_tomorrow DROP DEFAULT"
)
TOLD_ACTIONS = [*map(str, STEP_ACTIONS), "PAYMENT_SUCCEEDED"]


class Store:
    """A store, which its people use by way of a proxy.

    Attributes:
        shop: the id of the tenant that all of it happens in.
        ledger: what its people were answered.
    """

    def __init__(self, folder: Path, proxy: Proxy, shop: str) -> None:
        self._folder, self._proxy, self.shop = folder, proxy, shop
        self.ledger = Ledger()
        self._numbers = count(1)
        self.admin = Person(proxy.port, self.ledger)
        self.admin.log_in("root")
        self.admin.client.headers["X-Tenant-ID"] = shop

    def invite_customer(self) -> Person:
        person = Person(self._proxy.port, self.ledger, **{"X-Tenant-ID": self.shop})
        person.sign_up(f"customer{next(self._numbers)}")
        return person

    def subscribe(self, sink: Sink) -> None:
        """Have the sink hear of orders and payments."""
        events = [EventType.ORDER_STATUS_CHANGED, EventType.PAYMENT_SUCCEEDED]
        answer = self.admin.ask("subscribe", "POST", "/v1/webhooks", 201, json={"url": sink.url(), "events": events})
        assert answer is not None, self.ledger.failed

    def place_watched_order(self) -> WatchedOrder:
        person = self.invite_customer()
        order = person.place_order(self.admin.add_pet())
        assert order is not None, self.ledger.failed
        return WatchedOrder(person, order, self.ledger)

    def list_rounds(self) -> list[Callable[[], None]]:
        """List what its people do again and again."""
        rounds: list[Callable[[], None]] = [partial(look_around, self.admin)]
        for _ in range(CUSTOMERS):
            pets = cycle([self.admin.add_pet() for _ in range(2)])
            rounds.append(partial(_buy_next, self.invite_customer(), pets))
        return rounds

    def send_to(self, *servers: Server) -> None:
        """Have the proxy send requests to these servers from now on."""
        site = self._folder / "proxy" / "site"
        lines = [line for line in site.read_text().splitlines() if not line.startswith("    server 127.0.0.1:")]
        places = [f"    server {server.address.removeprefix('http://')};" for server in servers]
        start = lines.index("upstream petstore {") + 1
        site.write_text("\n".join([*lines[:start], *places, *lines[start:]]))
        os.kill(int((self._folder / "proxy" / "pid").read_text()), signal.SIGHUP)
        time.sleep(1)


def _buy_next(person: Person, pets: Iterator[str]) -> None:
    buy_and_cancel(person, next(pets))


@pytest.mark.parametrize("also_run", [None, CONTRACTION], ids=["expanding", "control"])
def test_nothing_fails_while_one_release_replaces_another(
    tmp_path: Path, report: Callable[[str], None], also_run: str | None
) -> None:
    """The control's schema has a column that the old release does not fill."""
    if os.environ["DATABASE_URL"].startswith("sqlite"):
        pytest.skip("two releases at once take PostgreSQL")
    unpack_release(tmp_path / "old")
    with own_database() as (url, read_url), listening_sink() as sink:
        environment = build_environment(url, tmp_path, OUTBOUND_ALLOW=f"127.0.0.1:{sink.port}")
        old, new = Release(tmp_path / "old", environment), Release(ROOT, environment)
        shop, migrate = create_store(old), partial(run_migrations, new, read_url, also_run)
        with (
            serving_release(old, tmp_path / "old.log") as server,
            nginx(tmp_path / "proxy", server.address.removeprefix("http://")) as proxy,
        ):
            store = Store(tmp_path, proxy, shop)
            store.subscribe(sink)
            watched = [store.place_watched_order() for _ in range(WATCHERS)]
            with serving_successor(store, watched, server, migrate, new, tmp_path / "new.log"):
                wait_until(lambda: read_numbers(read_url, WAITING) == {0})
        told = read_ids(
            read_url, "SELECT id FROM events_auditevent WHERE tenant_id = %s AND action = ANY(%s)", shop, TOLD_ACTIONS
        )
        placed = read_ids(read_url, "SELECT id FROM orders_order WHERE tenant_id = %s", shop)
        checked = new.run("verify_journal").splitlines()[-1]
    heard = [orjson.loads(request.body)["eventId"] for request in sink.received]
    report(
        f"{find_last_release()} and this one: {store.ledger.answers.total()} requests, "
        f"{len(store.ledger.failed)} failed; {len(placed)} orders, {len(store.ledger.orders - placed)} lost; "
        f"{len(told)} events, {len(told - set(heard))} lost, {len(heard) - len(set(heard))} twice; {checked}"
    )
    report(str(dict(store.ledger.answers)))
    if also_run is not None:
        assert any(one.startswith("place: 5") for one in store.ledger.failed)
        return
    assert store.ledger.failed == []
    assert store.ledger.orders == placed
    assert sorted(heard) == sorted(told)
    assert [one.story for one in watched] == [WHOLE_STORY] * WATCHERS
    assert find_errors(tmp_path / "old.log", tmp_path / "new.log") == []


def create_store(release: Release) -> str:
    """Create a store as a new operator does; return the id of its tenant."""
    release.run("migrate", "--verbosity=0")
    release.run("create_admin", "root", "root@example.com")
    return release.run("create_tenant", "Shop").strip()


def run_migrations(release: Release, url: str, also_run: str | None) -> None:
    """Run those of a release, and what the control adds to them."""
    release.run("migrate", "--verbosity=0")
    if also_run is not None:
        with psycopg.connect(url) as connection:
            connection.execute(also_run.encode())


@contextmanager
def serving_successor(
    store: Store, watched: list[WatchedOrder], old: Server, migrate: Callable[[], None], new: Release, log: Path
) -> Iterator[None]:
    """Replace the old release as docs/operating.md says, under load; the block runs when the load is over."""
    with repeating(store.list_rounds()), watching(watched):
        time.sleep(SECONDS)
        migrate()
        time.sleep(SECONDS)
        server = new.start_server(log)
        try:
            store.send_to(old, server)
            for one in watched:
                one.pay()
            time.sleep(SECONDS)
            store.send_to(server)
            stop_server(old)
            time.sleep(SECONDS)
            for one in watched:
                one.cancel()
        except BaseException:
            server.process.kill()
            raise
    try:
        yield
        stop_server(server)
    finally:
        server.process.kill()


@contextmanager
def serving_release(release: Release, log: Path) -> Iterator[Server]:
    """A server that is gone afterwards, whatever happens."""
    server = release.start_server(log)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


@contextmanager
def watching(watched: list[WatchedOrder]) -> Iterator[None]:
    """Each order's stream is heard meanwhile, to the end of its story."""
    threads = [threading.Thread(target=one.watch, daemon=True) for one in watched]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(30)


def read_ids(url: str, query: str, *values: object) -> set[str]:
    with psycopg.connect(url) as connection:
        return {str(row[0]) for row in connection.execute(query, values)}


def read_numbers(url: str, query: str) -> set[int]:
    with psycopg.connect(url) as connection:
        return {int(row[0]) for row in connection.execute(query)}


def find_errors(*logs: Path) -> list[str]:
    """Find tracebacks and errors in logs."""
    lines = [line for log in logs for line in log.read_text().splitlines()]
    return [line[:500] for line in lines if "Traceback" in line or '"level": "error"' in line]
