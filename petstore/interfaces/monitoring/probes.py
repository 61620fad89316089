"""Health and readiness probes that are answered while all request threads are busy (guarantees, G18)."""

import threading
import time
from collections.abc import Callable, Sequence

import orjson
from django.db import close_old_connections

from petstore.interfaces.monitoring.health import ALIVE, Finding, are_all_ok, build_readiness_report, run_all_checks
from petstore.interfaces.monitoring.metrics import count_http_request
from petstore.server.asgi_application import ProbeReply

HEALTH, READINESS = "/healthz", "/readyz"
SAFE_METHODS = frozenset({"GET", "HEAD"})
FRESH_SECONDS = 1.0
"""The time for which findings are reused."""
PATIENCE_SECONDS = 2.0

CheckAll = Callable[[], Sequence[Finding]]
TIMED_OUT = Finding("database", ok=False, detail=f"The checks take longer than {PATIENCE_SECONDS:g} s.")


class ReadinessChecker:
    """Run the checks in a thread of its own, once a second for all callers, and answer within a few seconds."""

    def __init__(self, check: CheckAll = run_all_checks) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._waiting: list[Callable[[ProbeReply], object]] = []
        self._findings: Sequence[Finding] = ()
        self._found_at = self._began_at = 0.0
        self._is_checking = False

    def start_threads(self) -> None:
        """Start the threads."""
        for run in (self._run_requested_checks, self._answer_late_callers):
            threading.Thread(target=run, name="readiness", daemon=True).start()

    def ask_readiness(self, tell: Callable[[ProbeReply], object]) -> None:
        """Pass the reply to `tell`, at once or soon, in any thread; never blocks."""
        now = time.monotonic()
        with self._lock:
            is_fresh = bool(self._findings) and now - self._found_at < FRESH_SECONDS
            is_late = self._is_checking and now - self._began_at > PATIENCE_SECONDS
            if not (is_fresh or is_late):
                self._waiting.append(tell)
                self._asked.set()
                return
        tell(_build_readiness_reply((TIMED_OUT,) if is_late else self._findings))

    def _run_requested_checks(self) -> None:
        while True:
            self._asked.wait()
            with self._lock:
                self._asked.clear()
                self._is_checking, self._began_at = True, time.monotonic()
            close_old_connections()
            findings = self._check()
            with self._lock:
                self._findings, self._found_at, self._is_checking = findings, time.monotonic(), False
            self._answer_all_waiting(findings)

    def _answer_late_callers(self) -> None:
        """Answer callers who wait for checks that take too long."""
        while True:
            time.sleep(PATIENCE_SECONDS / 4)
            with self._lock:
                is_late = self._is_checking and time.monotonic() - self._began_at > PATIENCE_SECONDS
            if is_late:
                self._answer_all_waiting((TIMED_OUT,))

    def _answer_all_waiting(self, findings: Sequence[Finding]) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        reply = _build_readiness_reply(findings)
        for tell in waiting:
            tell(reply)


class HealthProbes:
    """Answer both probes."""

    PATHS = frozenset({HEALTH, READINESS})

    def __init__(self) -> None:
        self._readiness = ReadinessChecker()

    def start_threads(self) -> None:
        """Start the threads in the process that serves."""
        self._readiness.start_threads()

    def answer_probe(self, method: str, path: str, tell: Callable[[ProbeReply], object]) -> None:
        """Pass the reply to a probe to `tell` and count the request."""
        began = time.perf_counter()

        def count_and_tell(reply: ProbeReply) -> None:
            count_http_request(method, path, reply.status, time.perf_counter() - began)
            tell(reply)

        if method not in SAFE_METHODS:
            count_and_tell(ProbeReply(405, b""))
        elif path == HEALTH:
            count_and_tell(ProbeReply(200, orjson.dumps(ALIVE)))
        else:
            self._readiness.ask_readiness(count_and_tell)


def _build_readiness_reply(findings: Sequence[Finding]) -> ProbeReply:
    return ProbeReply(200 if are_all_ok(findings) else 503, orjson.dumps(build_readiness_report(findings)))
