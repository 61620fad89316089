"""The cost of a payment, and of webhooks for an order: `uv run --group bench python -m benchmarks.payments`.

Ratios to a plain POST order of the same run on the same server; needs what `benchmarks/run` needs. The webhooks' worker
is `serve`'s own, and its processor time is counted with that of the requests.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from benchmarks.console import run_with_signals
from benchmarks.contestants import Contestant
from benchmarks.errors import BenchmarkError
from benchmarks.load import Sources, require_program, run_wrk
from benchmarks.measurements import Measurement, Summary, summarize_by_operation
from benchmarks.operations import POST, Operation
from benchmarks.ours import ROOT, SERVE
from benchmarks.places import Place, open_temporary_place
from benchmarks.processes import free_port, run_command_to_end, run_server
from benchmarks.seeds import CUSTOMER, Store, compute_seeded_time
from benchmarks.sites import Site, open_proven_site

PAY = Operation("pay", "POST payment", "POST", "/v1/orders", ids="unpaid", mode="pay", caller=f"{CUSTOMER}1")
HEARD = replace(POST, slug="heard", title="POST order, webhooks on", ids="unsold")
SUBSCRIBE = """
import django; django.setup()
from kernel.actor import SYSTEM
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from webhooks.services.endpoints import create_endpoint
with tenant_scope(SHARED_POOL_ID):
    create_endpoint(url={url!r}, events=["order.statusChanged", "payment.succeeded"], actor=SYSTEM)
"""
UNPAID = "SELECT id::text, total_amount::text FROM orders_order WHERE status = 'PLACED' AND created_at > %(last)s"
UNSOLD = "SELECT id::text FROM pets_pet WHERE status = 'AVAILABLE'"


def run_paying() -> None:
    """Measure in rounds, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=int, default=4, help="of load for each measurement (4); orders to be paid twice that"
    )
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    given = parser.parse_args()
    require_program("wrk")
    with open_temporary_place(Store(orders=1000, pets=60_000)) as place:
        _print_summary(SERVE, summarize_by_operation(_measure_rounds(SERVE, place, given.rounds, given.seconds)))


def _measure_rounds(server: Contestant, place: Place, rounds: int, seconds: int) -> Iterator[Measurement]:
    with (
        place.copy_seeded_database(server.family, "plain") as database,
        open_proven_site(server, place, database) as plain,
        _open_subscribed_site(place) as heard,
    ):
        for number in range(-1, rounds):
            span = 1 if number < 0 else seconds
            orders = _measure_load(
                plain, POST, 2 * span
            )  # each can be paid once only: there must be more than are paid
            _write_ids(plain, "unpaid", UNPAID)
            found = [orders, _measure_load(plain, PAY, span)]
            _write_ids(heard, "unsold", UNSOLD)
            found.append(_measure_load(heard, HEARD, span))
            if number >= 0:
                yield from found
            plain.reset_seeded_rows()


@contextmanager
def _open_subscribed_site(place: Place) -> Iterator[Site]:
    """The same server whose orders a receiver hears of, through a worker."""
    port = free_port()
    environment = {"OUTBOUND_ALLOW": f"127.0.0.1:{port}", "DJANGO_SETTINGS_MODULE": "petstore.settings.dev"}
    entrant: Contestant = replace(SERVE, slug="heard", name=HEARD.title, env=environment)
    receiver = (sys.executable, "-m", "benchmarks.receiver", str(port))
    with place.copy_seeded_database(entrant.family, entrant.slug) as database:
        everything = {**entrant.family.env, **environment, "DATABASE_URL": place.cluster.build_database_url(database)}
        run_command_to_end((sys.executable, "-c", SUBSCRIBE.format(url=f"http://127.0.0.1:{port}/")), ROOT, everything)
        with (
            run_server(receiver, ROOT, {}, port, place.directory / "receiver.log"),
            open_proven_site(entrant, place, database) as opened,
        ):
            yield opened


def _measure_load(opened: Site, operation: Operation, seconds: int) -> Measurement:
    """As `Site.measure_operation`, but what was written stays."""
    sources = Sources(opened.build_credential_header(operation), opened.place.find_ids_file(operation))
    found = opened.measure_load(operation, seconds, lambda span: run_wrk(opened.base_url, operation, sources, span))
    if found.load.refused or found.load.broken:
        raise BenchmarkError(f"{operation.title}: {found.load.refused} refused, {found.load.broken} broken.")
    return found


def _write_ids(opened: Site, name: str, query: str) -> None:
    """A file of ids, with what goes with them, from the rows as they are now."""
    with psycopg.connect(opened.place.cluster.build_database_url(opened.database)) as connection:
        rows = connection.execute(
            query, {"last": compute_seeded_time(opened.place.store.orders + opened.place.store.pets)}
        )
        (opened.place.directory / f"{name}.txt").write_text("".join(f"{' '.join(row)}\n" for row in rows))


def _print_summary(server: Contestant, found: dict[tuple[str, str], Summary]) -> None:
    base = found[server.slug, POST.slug]
    print(server.name)
    for one, operation in zip(found.values(), (POST, PAY, HEARD), strict=False):
        spent = f"{one.server_us or 0:5.0f} + {one.database_us or 0:4.0f} µs CPU"
        print(
            f"  {operation.title:24} {one.rate:6.0f}/s  {spent}  "
            f"{one.cpu_us / base.cpu_us:4.2f} × the CPU, {base.rate / one.rate:4.2f} × the time of POST order"
        )


if __name__ == "__main__":
    run_with_signals(run_paying)
