"""Health and readiness of the process (contract, Health)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from database.postgresql.base import IS_READ_ONLY, DatabaseWrapper
from database.postgresql.timelines import ServerLeftBehind
from database.replicas import has_replica
from events.queries import list_quarantined_events, read_oldest_pending_time
from kernel import clock
from petstore.interfaces.monitoring.replica import describe_replica
from petstore.interfaces.monitoring.standbys import describe_standbys
from petstore.server.heartbeats import Beat, grpc_heartbeat
from webhooks.queries import read_oldest_due_time

ALIVE = {"status": "alive"}
WORKER_LAG_LIMIT = timedelta(seconds=60)


class NotReady(Exception):
    """A check failed; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check; `detail` is empty where there is nothing to report."""

    name: str
    ok: bool
    detail: str = ""


@require_safe
def show_health(_request: HttpRequest) -> JsonResponse:
    """Return 200: the process answers."""
    return JsonResponse(ALIVE)


@require_safe
def show_readiness(_request: HttpRequest) -> JsonResponse:
    """Return 200 when requests can be served, else 503 with the checks that failed."""
    findings = run_all_checks()
    return JsonResponse(build_readiness_report(findings), status=200 if are_all_ok(findings) else 503)


def run_all_checks() -> list[Finding]:
    """Run every check; those of gRPC and of a replica where this store has them."""
    checks = CHECKS if grpc_heartbeat.last_word is Beat.NONE else CHECKS | {"grpc": _check_grpc_process}
    if has_replica():
        checks |= {"replica": describe_replica}
    return [_run_one_check(name, check) for name, check in checks.items()]


def are_all_ok(findings: Sequence[Finding]) -> bool:
    """Return whether requests can be served."""
    return all(finding.ok for finding in findings)


def build_readiness_report(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the body of `/readyz`."""
    status = "ready" if are_all_ok(findings) else "unavailable"
    return {"status": status, "checks": [asdict(finding) for finding in findings]}


def _run_one_check(name: str, check: Callable[[], str]) -> Finding:
    try:
        detail = check()
    except NotReady as error:
        return Finding(name, ok=False, detail=str(error))
    except DatabaseError as error:
        return Finding(name, ok=False, detail=_describe_outage(error))
    return Finding(name, ok=True, detail=detail)


def _describe_outage(error: DatabaseError) -> str:
    if isinstance(error.__cause__, ServerLeftBehind):
        return "The database server was left behind when another one was promoted, and is not used."
    return "The database does not answer."


def _check_database() -> str:
    wrapper = connections[DEFAULT_DB_ALIAS]
    if isinstance(wrapper, DatabaseWrapper):
        wrapper.require_newest_server()
    with connection.cursor() as cursor:
        cursor.execute(IS_READ_ONLY if connection.vendor == "postgresql" else "SELECT FALSE")
        is_read_only = bool(cursor.fetchone()[0])
    if is_read_only:
        raise NotReady("The database takes no writes: it is a standby, or was made read-only.")
    return describe_standbys()


def _check_migrations() -> str:
    if not _are_migrations_applied():
        _are_migrations_applied.cache_clear()
        raise NotReady("Migrations are missing; run manage.py migrate.")
    return ""


@cache
def _are_migrations_applied() -> bool:
    """Return whether all migrations are applied; true is cached, for nobody takes migrations back meanwhile."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _check_worker_lag() -> str:
    """Check that events and deliveries are processed in time; unreadable events are reported only."""
    _require_recent_work(read_oldest_pending_time(), "event")
    _require_recent_work(read_oldest_due_time(), "webhook delivery")
    number = len(list_quarantined_events())
    return f"{number} events cannot be read and are quarantined; verify_journal lists them." if number else ""


def _require_recent_work(oldest: datetime | None, thing: str) -> None:
    if oldest is not None and clock.now() - oldest > WORKER_LAG_LIMIT:
        seconds = int((clock.now() - oldest).total_seconds())
        raise NotReady(f"The oldest {thing} has waited {seconds} s for the worker.")


def _check_grpc_process() -> str:
    if not grpc_heartbeat.is_fresh:
        raise NotReady("The process that serves gRPC does not answer.")
    return "It waits for its first call." if grpc_heartbeat.last_word is Beat.WAITING else ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "worker": _check_worker_lag,
}
