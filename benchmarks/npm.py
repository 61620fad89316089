"""Packages of the npm registry that a peer needs."""

import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from benchmarks.load import require_program
from benchmarks.processes import run_command_to_end

PAPERS = ("package.json", "package-lock.json")


def fetch_npm_packages(folder: Path) -> Path:
    """Return a folder with the packages of a folder's `package-lock.json`; they are fetched once.

    Raises:
        BenchmarkError: when npm is not installed or fails.
    """
    digest = sha256((folder / "package-lock.json").read_bytes()).hexdigest()[:12]
    store = Path(tempfile.gettempdir()) / f"petstore-benchmark-npm-{digest}"
    if not store.exists():
        require_program("npm")
        with tempfile.TemporaryDirectory(prefix="petstore-npm-") as place:
            for name in PAPERS:
                shutil.copy(folder / name, place)
            run_command_to_end(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], Path(place), {})
            shutil.move(place, store)
            Path(place).mkdir()  # what the context removes
    return store
