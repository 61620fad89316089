"""The reads of shoppers and staff, each as × an order by id: function calls, statements and time, in one process.

`uv run python -m benchmarks.reads [--pets N] [--rounds N]`; needs a PostgreSQL server as `benchmarks/run` does.
"""

import argparse
import os
import subprocess
import sys

from benchmarks.console import run_with_signals
from benchmarks.databases import Cluster
from benchmarks.errors import BenchmarkError
from benchmarks.ours import ENVIRONMENT, ROOT
from benchmarks.processes import run_command_to_end

DATABASE = "petstore_bench_reads"


def run_reads() -> None:
    """Make a database, fill a store, and measure each read in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pets", type=int, default=200, help="pets of the store besides its first 40")
    parser.add_argument("--rounds", type=int, default=30, help="rounds, in each of which every read is timed")
    options = parser.parse_args()
    cluster = Cluster.from_environment()
    with cluster.create_temporary_database(f"{DATABASE}_{os.getpid()}") as url:
        environment = {**ENVIRONMENT, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "petstore.settings.dev"}
        environment["LOG_LEVEL"] = "ERROR"
        run_command_to_end((sys.executable, "manage.py", "migrate", "--verbosity", "0"), ROOT, environment)
        _measure_reads(environment, options.pets, options.rounds)


def _measure_reads(environment: dict[str, str], pets: int, rounds: int) -> None:
    """In a process of its own, for Django reads its settings once."""
    program = f"import django; django.setup(); from benchmarks.read_costs import main; main({pets}, {rounds})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode:
        raise BenchmarkError("The measurement failed.")


if __name__ == "__main__":
    run_with_signals(run_reads)
