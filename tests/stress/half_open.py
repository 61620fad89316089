"""The long run of tests/server/test_half_open.py: what honest callers see of it, and what it costs.

pytest tests/stress/half_open.py
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from petstore.server.file_descriptors import raise_file_limit
from petstore.server.request_limits import MAX_UPLOAD
from tests.server.attacks import (
    HALF_BODY,
    HALF_HEAD,
    Crowd,
    honest_clients,
    memory_of,
    pour_headers,
    promise,
    unguarded_server,
)
from tests.server.server import Server, serving

pytestmark = pytest.mark.own_store

MEGABYTE = 1024 * 1024
HEADS, BODIES, PROMISES, HEADERS = 1000, 200, 60, 193 * MEGABYTE
QUIET_SECONDS, PATIENCE = 15.0, 90.0


def test_honest_callers_notice_nothing(tmp_path: Path, report: Callable[[str], None]) -> None:
    raise_file_limit()
    with serving(tmp_path, "--workers", "2", variables={"RATE_LIMIT": "off"}) as server:
        with honest_clients(server.address) as quiet:
            time.sleep(QUIET_SECONDS)
        before = memory_of(server)
        with honest_clients(server.address) as attacked, ExitStack() as stack:
            control = stack.enter_context(Crowd(stack.enter_context(unguarded_server()), HALF_HEAD, 10))
            poured, grown = _attack(server, stack, before)
            open_ones = control.open_ones()
        report(
            f"{HEADS} half heads, {BODIES} half bodies, {2 * PROMISES} promises, headers without end: "
            f"{len(attacked.seconds)} honest requests, p99 {attacked.p99 * 1000:.0f} ms, "
            f"{quiet.p99 * 1000:.0f} when it was quiet, "
            f"/healthz at worst {max(attacked.health) * 1000:.0f} ms of {len(attacked.health)}, "
            f"memory + {grown / 1024:.0f} MB, {poured / MEGABYTE:.1f} of {HEADERS // MEGABYTE} MB of headers taken; "
            f"without deadlines {open_ones} of 10 half heads stay open"
        )
        assert (attacked.refused, open_ones) == ([], 10)


def _attack(server: Server, stack: ExitStack, before: int) -> tuple[int, int]:
    """Begin everything, measure, and see it end; how many bytes of headers were taken, and how much memory."""
    port = int(server.address.rsplit(":", 1)[1])
    heads = stack.enter_context(Crowd(port, HALF_HEAD, HEADS))
    bodies = stack.enter_context(Crowd(port, HALF_BODY, BODIES))
    refused = stack.enter_context(Crowd(port, promise(7 * MEGABYTE), PROMISES))
    promised = stack.enter_context(Crowd(port, promise(MAX_UPLOAD - 1) + b"z" * MEGABYTE, PROMISES))
    grown = memory_of(server) - before
    poured = pour_headers(port, HEADERS)
    heads.endings(PATIENCE)
    answers = [bodies.endings(PATIENCE), promised.endings(PATIENCE), refused.endings(PATIENCE)]
    assert [{answer[9:12] for answer in each} for each in answers] == [{b"408"}, {b"408"}, {b"413"}]
    return poured, grown
