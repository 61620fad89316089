"""Processes that the tests start, and kill."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from petstore.operations.launching import ROOT
from tests.webhooks.sink import Sink

Process = subprocess.Popen[str]


@contextmanager
def running(sink: Sink, name: str, *arguments: object) -> Iterator[Process]:
    """`tests.webhooks.elsewhere.name(*arguments)` in a process on the run's database; killed at the end, if not before.

    Args:
        sink: what it may send to.
    """
    program = f"from tests.webhooks import elsewhere; elsewhere.{name}(*{arguments!r})"
    command = (sys.executable, "-W", "error", "-c", f"import django; django.setup(); {program}")
    environment = os.environ | {"OUTBOUND_ALLOW": f"{sink.endpoint[0]}:{sink.port}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ours
        try:
            yield process
        finally:
            process.kill()


def heard_from(process: Process) -> str:
    """The next line that it prints; empty when it has ended."""
    assert process.stdout is not None
    line: str = process.stdout.readline()
    return line.strip()
