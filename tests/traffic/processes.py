"""Runs a function of the tests in a process of its own, on the run's database."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 120

_PROGRAM = """
import django
django.setup()
from {module} import {name}
{name}(*{arguments!r})
"""


def start(module: str, name: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start `module.name(*arguments)` elsewhere; the arguments' reprs must read as Python."""
    program = _PROGRAM.format(module=module, name=name, arguments=arguments)
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own program


def printed(processes: Sequence["subprocess.Popen[str]"]) -> list[str]:
    """What each printed, after all have ended."""
    return [process.communicate(timeout=PATIENCE)[0].strip() for process in processes]
