"""Schemathesis over the OpenAPI document, against a server of its own (guarantees, G9)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.web_process import web_process

START = 60
"""Seconds that a server may take to start on a busy machine."""

CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
OPTIONS = (
    *("--checks", ",".join(CHECKS), "--continue-on-failure", "--workers", "1"),
    *("--exclude-operation-id", "streamOrderEvents"),  # it goes on for minutes: tests/rest/test_live_order_events.py
    *("--wait-for-schema", str(START), "--generation-database", "none", "--report", "json", "--no-color"),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose calls these are.

    Attributes:
        headers: sent with every call, over those that are made up.
        account: the caller's own, which the run must not lose.
    """

    headers: dict[str, str]
    account: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        calls: how many cases Schemathesis made.
        failures: answers that broke a check, and errors of Schemathesis's own, which leave something untried.
        reached: the operations that answered at least one of them with a success.
        said: what Schemathesis printed, which shows each failure with a command to repeat it.
    """

    calls: int
    failures: int
    reached: frozenset[str]
    said: str


@contextmanager
def server() -> Iterator[str]:
    """The address of a server on the run's own database, for as long as the block lasts."""
    with web_process() as port:
        yield f"http://127.0.0.1:{port}"


def fuzz(address: str, caller: Caller, rows: dict[str, list[str]], seconds: int, scratch: Path) -> Outcome:
    """Let Schemathesis call every operation, in all its phases, for some seconds.

    Args:
        rows: ids of pets, orders and users, for the calls to find something.
        scratch: a directory for the report.
    """
    report = scratch / "report.json"
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/v1/openapi.json", *OPTIONS]
    command += ["--max-time", str(seconds), "--report-json-path", str(report)]
    command += [argument for name, value in caller.headers.items() for argument in ("--header", f"{name}: {value}")]
    hooks = {"FUZZ_ROWS": json.dumps(rows), "FUZZ_OWN_ACCOUNT": caller.account}
    hooks |= {"SCHEMATHESIS_HOOKS": "tests.fuzzing_hooks", "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run(  # noqa: S603  # a command line of our own
        command, cwd=scratch, env=os.environ | hooks, capture_output=True, text=True, check=False
    )
    assert report.exists(), run.stdout + run.stderr
    return _outcome(json.loads(report.read_text()), run.stdout)


def _outcome(report: Any, said: str) -> Outcome:
    rates = report["valid_rates"]
    reached = {name for name, phases in rates.items() if any(phase["accepted"] for phase in phases.values())}
    failures = len(report["failures"]) + len(report["errors"])
    return Outcome(report["test_cases"]["generated"], failures, frozenset(reached), said)
