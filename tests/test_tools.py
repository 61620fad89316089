"""A test that needs a program says so, and a run tells what was skipped for want of one."""

import sys
from pathlib import Path

import pytest

from tests import tools

pytest_plugins = ["pytester"]

NEEDY = """
from tests.tools import need_tool

def test_one():
    need_tool("no-such-program", package="no-such-package")

def test_two():
    need_tool("no-such-program", "no-such-browser", package="no-such-package")

def test_three():
    need_tool("sh", package="dash")
"""
SENTENCE = "*missing tool: no-such-program (apt-get install no-such-package)*"


@pytest.fixture
def needy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A run of its own with three tests, of which two need what no machine has."""
    monkeypatch.delenv(tools.REQUIRE_TOOLS, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    pytester.makepyfile(NEEDY)
    return pytester


def run(needy: pytest.Pytester) -> pytest.RunResult:
    return needy.run(
        sys.executable, "-m", "pytest", "-ra", "-p", "tests.tools", "-p", "no:django", "-p", "no:schemathesis"
    )


def test_the_last_lines_of_a_run_say_what_was_skipped_and_how_to_have_it(needy: pytest.Pytester) -> None:
    result = run(needy)
    result.assert_outcomes(passed=1, skipped=2)
    assert result.ret == 0
    assert "2 tests: no-such-program (apt-get install no-such-package)" in result.outlines[-3:]


def test_where_the_tools_are_required_a_missing_one_fails_the_test(
    needy: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tools.REQUIRE_TOOLS, "1")
    result = run(needy)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines([SENTENCE])


def test_a_program_for_administrators_is_found_though_it_is_not_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = tools.find_tool("no-such-program", "ldconfig")
    assert found is not None
    assert found.endswith("sbin/ldconfig")


def test_other_reasons_to_skip_are_no_missing_tools() -> None:
    assert tools.count_missing(["Skipped: SQLite has one writer at a time", ""]) == {}
