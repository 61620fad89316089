import json
import threading
from collections.abc import Sequence
from queue import SimpleQueue

from petstore.interfaces.monitoring.health import Finding
from petstore.interfaces.monitoring.probes import ReadinessChecker
from petstore.server.asgi_application import ProbeReply

PATIENCE = 30
WELL = (Finding("database", ok=True),)


def _asked(readiness: ReadinessChecker) -> ProbeReply:
    told: SimpleQueue[ProbeReply] = SimpleQueue()
    readiness.ask_readiness(told.put)
    return told.get(timeout=PATIENCE)


def test_many_who_ask_cost_one_check_a_second() -> None:
    checks: list[int] = []

    def check() -> Sequence[Finding]:
        checks.append(1)
        return WELL

    readiness = ReadinessChecker(check)
    readiness.start_threads()
    assert {_asked(readiness).status for _ in range(50)} == {200}
    assert len(checks) < 10


def test_checks_that_do_not_end_are_a_503_and_hold_up_nobody() -> None:
    gate = threading.Event()

    def check() -> Sequence[Finding]:
        gate.wait(PATIENCE)
        return WELL

    readiness = ReadinessChecker(check)
    readiness.start_threads()
    replies = [_asked(readiness), _asked(readiness)]
    assert [reply.status for reply in replies] == [503, 503]
    assert json.loads(replies[0].body)["checks"][0]["name"] == "database"
    gate.set()
