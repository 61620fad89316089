"""The speed of webhooks' delivery by one worker, and the rows that a claim reads beside a long outage.

`uv run python -m benchmarks.deliveries [EVENTS]`; needs a PostgreSQL server as `benchmarks/run` does.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.console import run_with_signals
from benchmarks.databases import Cluster
from benchmarks.errors import BenchmarkError
from benchmarks.processes import free_port, run_command_to_end, run_server

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "petstore_bench_deliveries"


def run_deliveries() -> None:
    """Make a database, a receiver and a place where nobody listens, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="?", type=int, default=3000)
    events = parser.parse_args().events
    port, nobody = free_port(), free_port()
    cluster = Cluster.from_environment()
    with cluster.create_temporary_database(DATABASE) as url, tempfile.TemporaryDirectory() as folder:
        environment = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
            "OUTBOUND_ALLOW": f"127.0.0.1:{port},127.0.0.1:{nobody}",
        }
        run_command_to_end((sys.executable, "manage.py", "migrate", "--verbosity", "0"), ROOT, environment)
        receiver = (sys.executable, "-m", "benchmarks.receiver", str(port))
        with run_server(receiver, ROOT, environment, port, Path(folder) / "receiver.log"):
            _measure_deliveries(environment, events, f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{nobody}/")


def _measure_deliveries(environment: dict[str, str], *arguments: object) -> None:
    """In a process of its own, for Django reads its settings once."""
    start = "import django; django.setup(); from benchmarks.worker_deliveries import measure_worker"
    program = f"{start}; measure_worker(*{arguments!r})"
    command = (sys.executable, "-c", program)
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode:
        raise BenchmarkError("The measurement failed.")


if __name__ == "__main__":
    run_with_signals(run_deliveries)
