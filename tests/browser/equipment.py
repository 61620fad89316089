"""What the tests in a real browser need of the machine: Chromium, and axe-core from the npm registry."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from tests.databases import SCRATCH

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = ("package.json", "package-lock.json")
AXE = Path("node_modules", "axe-core", "axe.min.js")


class MissingEquipment(Exception):
    """The machine has not got it; the tests that need it are skipped."""


@cache
def chromium() -> str | None:
    """Where the browser is."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def described() -> Iterator[str]:
    """How the header of a test run names it."""
    yield f"browser: {chromium() or 'no Chromium; its tests are skipped'}"
    if chromium() and not _is_stored() and not shutil.which("npm"):
        yield "axe-core: no npm to fetch it with; its tests are skipped"


def axe_core() -> str:
    """The script, in the version of `package-lock.json`; fetched once and kept beside the tests' databases.

    Raises:
        MissingEquipment: there is no npm, or the registry does not answer.
    """
    if not _is_stored():
        _fetch()
    return (_store() / AXE).read_text(encoding="utf-8")


def _store() -> Path:
    return SCRATCH / f"npm-{sha256((HERE / 'package-lock.json').read_bytes()).hexdigest()[:12]}"


def _is_stored() -> bool:
    return (_store() / AXE).exists()


def _fetch() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingEquipment("There is no npm to fetch axe-core with.")
    with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
        for name in PACKAGE:
            shutil.copy(HERE / name, place)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # npm
        if done.returncode:
            raise MissingEquipment(f"npm could not fetch axe-core: {done.stderr.strip()[-200:]}")
        if not _is_stored():
            shutil.copytree(Path(place), _store(), dirs_exist_ok=True)
