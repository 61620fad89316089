"""/healthz and /readyz beside the request threads: they answer while all of those wait (guarantees, G18)."""

import threading
import time
from collections.abc import Callable, Sequence

import orjson
from django.db import close_old_connections

from petstore.interfaces.monitoring.health import ALIVE, Finding, are_all_ok, build_readiness_report, run_all_checks
from petstore.interfaces.monitoring.metrics import count_http_request
from petstore.server.asgi_application import ProbeReply

HEALTH, READINESS = "/healthz", "/readyz"
SAFE = frozenset({"GET", "HEAD"})
FRESH_SECONDS = 1.0
"""How long what was found is told to others who ask."""
PATIENCE_SECONDS = 2.0

CheckAll = Callable[[], Sequence[Finding]]
SILENT = Finding("database", ok=False, detail=f"The checks take longer than {PATIENCE_SECONDS:g} s.")


class ReadinessChecker:
    """Runs the checks in a thread of its own, once for all who ask within a second, and answers within a few."""

    def __init__(self, check: CheckAll = run_all_checks) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._waiting: list[Callable[[ProbeReply], object]] = []
        self._findings: Sequence[Finding] = ()
        self._found_at = self._began_at = 0.0
        self._is_checking = False

    def start_threads(self) -> None:
        """Start its threads."""
        for run in (self._run_requested_checks, self._answer_late_callers):
            threading.Thread(target=run, name="readiness", daemon=True).start()

    def ask_readiness(self, tell: Callable[[ProbeReply], object]) -> None:
        """Have the reply told, at once or soon, in whatever thread; never blocks."""
        now = time.monotonic()
        with self._lock:
            is_fresh = bool(self._findings) and now - self._found_at < FRESH_SECONDS
            is_late = self._is_checking and now - self._began_at > PATIENCE_SECONDS
            if not (is_fresh or is_late):
                self._waiting.append(tell)
                self._asked.set()
                return
        tell(_build_readiness_reply((SILENT,) if is_late else self._findings))

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
        """Tell those who wait for checks that do not end."""
        while True:
            time.sleep(PATIENCE_SECONDS / 4)
            with self._lock:
                is_late = self._is_checking and time.monotonic() - self._began_at > PATIENCE_SECONDS
            if is_late:
                self._answer_all_waiting((SILENT,))

    def _answer_all_waiting(self, findings: Sequence[Finding]) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        reply = _build_readiness_reply(findings)
        for tell in waiting:
            tell(reply)


class HealthProbes:
    """Answers both paths."""

    PATHS = frozenset({HEALTH, READINESS})

    def __init__(self) -> None:
        self._readiness = ReadinessChecker()

    def start_threads(self) -> None:
        """In the process that answers: start what that needs."""
        self._readiness.start_threads()

    def answer_probe(self, method: str, path: str, tell: Callable[[ProbeReply], object]) -> None:
        """Have the reply to a probe told; it is counted as every request is."""
        began = time.perf_counter()

        def count_and_tell(reply: ProbeReply) -> None:
            count_http_request(method, path, reply.status, time.perf_counter() - began)
            tell(reply)

        if method not in SAFE:
            count_and_tell(ProbeReply(405, b""))
        elif path == HEALTH:
            count_and_tell(ProbeReply(200, orjson.dumps(ALIVE)))
        else:
            self._readiness.ask_readiness(count_and_tell)


def _build_readiness_reply(findings: Sequence[Finding]) -> ProbeReply:
    return ProbeReply(200 if are_all_ok(findings) else 503, orjson.dumps(build_readiness_report(findings)))
