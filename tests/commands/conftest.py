"""Running commands as an operator does."""

from io import StringIO
from typing import Any, Protocol

import pytest
from django.core.management import call_command


class Run(Protocol):
    def __call__(self, *words: str, **options: Any) -> str: ...


@pytest.fixture
def run() -> Run:
    """Runs a command and returns what it writes to stdout."""

    def _run(*words: str, **options: Any) -> str:
        out = StringIO()
        call_command(*words, stdout=out, verbosity=0, **options)
        return out.getvalue()

    return _run
