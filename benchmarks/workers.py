"""A background worker beside a measurement."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

STOP_SECONDS = 10


@contextmanager
def worker(cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Run one, and stop it afterwards."""
    process = subprocess.Popen([sys.executable, "manage.py", "run_worker"], cwd=cwd, env={**os.environ, **env})
    try:
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
