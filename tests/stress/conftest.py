"""The long tier: files that pytest collects only when they are named, each with figures to report."""

from collections.abc import Callable

import pytest

from tests.unprotected import without_the_unique_index

__all__ = ["without_the_unique_index"]

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keeps a line for the end of the run."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_FIGURES, []):
        terminalreporter.write_line(line)
