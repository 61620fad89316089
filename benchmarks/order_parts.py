"""What an order costs PostgreSQL, our process and the worker, part by part.

`uv run --group bench python -m benchmarks.order_parts`; needs what `benchmarks/run` needs, and to see PostgreSQL's
processes. An order is placed in turns in a whole database and in one without a part: what it costs less is the part's.
"""

import argparse
import os
import subprocess
import sys

from benchmarks.console import run_with_signals
from benchmarks.contestants import SHOP
from benchmarks.errors import BenchmarkError
from benchmarks.ours import OURS, ROOT
from benchmarks.places import Place, open_temporary_place
from benchmarks.seeds import Store

STORE = Store(orders=10_000, pets=60_000)
PROGRAM = "import django; django.setup(); from benchmarks.order_costs import print_order_costs; print_order_costs({})"


def run_parts() -> None:
    """Make the databases, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of measuring (60)")
    seconds = parser.parse_args().seconds
    with (
        open_temporary_place(STORE) as place,
        place.copy_seeded_database(OURS, "parts") as ours,
        place.copy_seeded_database(OURS, "without") as without,
        place.copy_seeded_database(SHOP, "plain") as plain,
    ):
        _measure_parts(place, ours, without, plain, seconds)


def _measure_parts(place: Place, ours: str, without: str, plain: str, seconds: float) -> None:
    """In a process of its own, for Django reads its settings once."""
    url = place.cluster.build_database_url(plain)
    environment = {
        **OURS.env,
        "DATABASE_URL": place.cluster.build_database_url(ours),
        "DJANGO_SETTINGS_MODULE": "petstore.settings.base",
    }
    command = (sys.executable, "-c", PROGRAM.format(f"{without!r}, {url!r}, seconds={seconds!r}"))
    if subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode:
        raise BenchmarkError("The measurement failed.")


if __name__ == "__main__":
    run_with_signals(run_parts)
