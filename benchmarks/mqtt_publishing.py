"""The speed of MQTT's publishing by one worker, and its cost after outages of different lengths.

`uv run python -m benchmarks.mqtt_publishing [EVENTS…]`; needs a PostgreSQL server as `benchmarks/run` does, and the
program `mosquitto`. Each number of events is written while the broker is away, and then published by one process.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.console import run_with_signals
from benchmarks.databases import Cluster
from benchmarks.errors import BenchmarkError
from benchmarks.processes import free_port, run_command_to_end

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "petstore_bench_mqtt"
BACKLOGS = (1000, 10_000)
TRIES = 100
PAUSE_SECONDS = 0.1


def run_publishing() -> None:
    """Make a database and a broker, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="*", type=int, default=BACKLOGS)
    backlogs = parser.parse_args().events
    port = free_port()
    cluster = Cluster.from_environment()
    with cluster.create_temporary_database(DATABASE) as url, tempfile.TemporaryDirectory() as folder:
        environment = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
            "MQTT_URL": f"mqtt://127.0.0.1:{port}",
        }
        run_command_to_end((sys.executable, "manage.py", "migrate", "--verbosity", "0"), ROOT, environment)
        with _run_broker(port, Path(folder) / "mosquitto.log"):
            _measure_publishing(environment, *backlogs)


@contextmanager
def _run_broker(port: int, log_path: Path) -> Iterator[None]:
    """Run Mosquitto as it comes: it announces 20 messages in flight."""
    program = shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin")))
    if program is None:
        raise BenchmarkError("mosquitto is missing: apt-get install mosquitto")
    with log_path.open("wb") as log:
        process = subprocess.Popen((program, "-p", str(port)), stdout=log, stderr=log)
        try:
            _wait_until_it_listens(port)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait_until_it_listens(port: int) -> None:
    for _ in range(TRIES):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(PAUSE_SECONDS)
    raise BenchmarkError("mosquitto does not answer.")


def _measure_publishing(environment: dict[str, str], *backlogs: int) -> None:
    """In a process of its own, for Django reads its settings once."""
    program = f"import django; django.setup(); from benchmarks.mqtt_worker import main; main(*{backlogs!r})"
    command = (sys.executable, "-c", program)
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode:
        raise BenchmarkError("The measurement failed.")


if __name__ == "__main__":
    run_with_signals(run_publishing)
