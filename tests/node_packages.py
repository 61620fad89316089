"""Packages of the npm registry that some tests need."""

import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from tests.databases import SCRATCH
from tests.tools import need_tool, skip_for_missing

PAPERS = ("package.json", "package-lock.json")


def fetch_packages(folder: Path) -> Path:
    """Return a folder with the packages of a folder's `package-lock.json`; skip the test where they cannot be had.

    They are fetched once and kept beside the tests' databases.
    """
    store = SCRATCH / f"npm-{sha256((folder / 'package-lock.json').read_bytes()).hexdigest()[:12]}"
    if not store.exists():
        _install_packages(folder, store)
    return store


def _install_packages(folder: Path, store: Path) -> None:
    npm = need_tool("npm", package="npm")
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
        for name in PAPERS:
            shutil.copy(folder / name, place)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # npm
        if done.returncode:
            names = (folder / "package.json").read_text(encoding="utf-8")
            skip_for_missing(f"packages of {names}", cure=f"let npm reach its registry: {done.stderr.strip()[-200:]}")
        if not store.exists():
            shutil.copytree(Path(place), store, dirs_exist_ok=True)
