"""Programs and servers of the machine that some tests need: nginx, Chromium, Redis, Mosquitto.

A test that needs one asks with `need_tool("nginx", package="nginx")`. Where it is missing the test is skipped, and the
run's last lines name the tool and how to have it. With REQUIRE_TOOLS=1, as in `.ci/run`, the test fails instead.
A pytest plugin, named in pyproject.toml.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Generator
from typing import NoReturn

import pytest

REQUIRE_TOOLS = "REQUIRE_TOOLS"
MISSING = "missing tool: "

_ADMIN_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_SKIPPED = re.compile(rf"\A(?:Skipped: )?{MISSING}(?P<tool>.*)\Z", re.DOTALL)


def find_tool(*names: str) -> str | None:
    """Return where the first of these programs is that the machine has."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_ADMIN_FOLDERS])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def need_tool(*names: str, package: str) -> str:
    """Return where the first of these programs is; skip the test where the machine has none.

    Args:
        names: what the program may be called.
        package: Debian's package that has it.
    """
    found = find_tool(*names)
    if found is None:
        skip_for_missing(names[0], cure=f"apt-get install {package}")
    return found


def skip_for_missing(tool: str, *, cure: str) -> NoReturn:
    """Skip the test because something is missing on this machine; fail it with REQUIRE_TOOLS=1.

    Args:
        tool: what is missing.
        cure: how to have it.
    """
    sentence = f"{MISSING}{tool} ({cure})"
    if os.environ.get(REQUIRE_TOOLS) == "1":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def count_missing(reasons: list[str]) -> Counter[str]:
    """Count the skipped tests by the tool that was missing."""
    return Counter(match["tool"] for match in map(_SKIPPED.match, reasons) if match)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Name the missing tools in the run's last lines, with the number of tests that were skipped for each."""
    yield
    missing = count_missing([_reason(report) for report in terminalreporter.stats.get("skipped", [])])
    if not missing:
        return
    terminalreporter.section("skipped for a missing tool", yellow=True)
    for tool, count in missing.most_common():
        terminalreporter.line(f"{count} test{'s' if count > 1 else ''}: {tool}")


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped, as pytest tells it."""
    told = report.longrepr
    return str(told[2]) if isinstance(told, tuple) else ""
