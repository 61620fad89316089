"""Find Chromium, and install axe-core from the npm registry."""

import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from tests.databases import SCRATCH
from tests.tools import need_tool, skip_for_missing

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = ("package.json", "package-lock.json")
AXE = Path("node_modules", "axe-core", "axe.min.js")


def find_chromium() -> str:
    """Return where the browser is; skip the test where there is none."""
    return need_tool(*BROWSERS, package="chromium")


def load_axe_core() -> str:
    """Return the script, in the version of `package-lock.json`; skip the test where it cannot be had.

    It is fetched once and kept beside the tests' databases.
    """
    if not _is_stored():
        _install_axe_core()
    return (_store_directory() / AXE).read_text(encoding="utf-8")


def _store_directory() -> Path:
    return SCRATCH / f"npm-{sha256((HERE / 'package-lock.json').read_bytes()).hexdigest()[:12]}"


def _is_stored() -> bool:
    return (_store_directory() / AXE).exists()


def _install_axe_core() -> None:
    npm = need_tool("npm", package="npm")
    with tempfile.TemporaryDirectory(dir=SCRATCH) as place:
        for name in PACKAGE:
            shutil.copy(HERE / name, place)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # npm
        if done.returncode:
            skip_for_missing("axe-core", cure=f"let npm reach its registry: {done.stderr.strip()[-200:]}")
        if not _is_stored():
            shutil.copytree(Path(place), _store_directory(), dirs_exist_ok=True)
