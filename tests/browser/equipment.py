"""Find Chromium, and install axe-core from the npm registry."""

from pathlib import Path

from tests.node_packages import fetch_packages
from tests.tools import need_tool

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
AXE = Path("node_modules", "axe-core", "axe.min.js")


def find_chromium() -> str:
    """Return where the browser is; skip the test where there is none."""
    return need_tool(*BROWSERS, package="chromium")


def load_axe_core() -> str:
    """Return the script, in the version of `package-lock.json`; skip the test where it cannot be had."""
    return (fetch_packages(HERE) / AXE).read_text(encoding="utf-8")
