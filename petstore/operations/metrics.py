"""Figures for Prometheus (contract, Health)."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from events.queries import events_set_aside, oldest_pending, pending_count
from kernel import clock
from traffic.recurring import last_done
from webhooks.queries import failed_deliveries, oldest_due, pending_deliveries

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
REQUESTS = Histogram(
    "petstore_request_seconds", "Requests and how long they took.", ("method", "route", "status"), buckets=BUCKETS
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
MULTIPROC_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


class MetricsMiddleware:
    """Counts and times every request. Outermost, so that its time is the caller's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._observe: dict[tuple[str, str, int], Callable[[float], None]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        key = (request.method or "", match.route if match else "", response.status_code)
        observe = self._observe.get(key) or self._remembered(key)
        observe(time.perf_counter() - start)
        return response

    def _remembered(self, key: tuple[str, str, int]) -> Callable[[float], None]:
        """Looking a label's child up costs more than counting; unknown methods share one."""
        method, route, status = key
        observe = REQUESTS.labels(method if method in METHODS else "other", f"/{route}", str(status)).observe
        if method in METHODS:
            self._observe[key] = observe
        return observe


class Backlog(Collector):
    """How much waits for the worker or for receivers of webhooks, asked at the moment of the scrape."""

    def collect(self) -> Iterator[Metric]:
        try:
            number, oldest, aside = pending_count(), oldest_pending(), len(events_set_aside())
            unfinished, failed, due_at = pending_deliveries(), failed_deliveries(), oldest_due()
            done = last_done()
        except DatabaseError:
            return
        yield GaugeMetricFamily("petstore_pending_events", "Events that wait for the worker.", number)
        yield _age("petstore_pending_events_oldest_seconds", "How long the oldest has waited.", oldest)
        yield GaugeMetricFamily("petstore_events_set_aside", "Events that the worker cannot read.", aside)
        deliveries = GaugeMetricFamily(
            "petstore_deliveries", "Webhook deliveries that are under way or failed.", labels=["status"]
        )
        deliveries.add_metric(["pending"], unfinished)
        deliveries.add_metric(["failed"], failed)
        yield deliveries
        jobs = GaugeMetricFamily(
            "petstore_recurring_job_timestamp_seconds", "When a job of the workers was last done.", labels=["job"]
        )
        for name, at in done.items():
            jobs.add_metric([name], at.timestamp())
        yield jobs
        yield _age("petstore_deliveries_oldest_due_seconds", "How long the oldest that is due has waited.", due_at)


def _age(name: str, help_text: str, since: datetime | None) -> Metric:
    return GaugeMetricFamily(name, help_text, max((clock.now() - since).total_seconds(), 0) if since else 0)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All figures as text, for callers on this machine unless METRICS_PUBLIC; for others there is no such page."""
    if not (settings.METRICS_PUBLIC or is_local(request)):
        raise Http404
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def is_local(request: HttpRequest) -> bool:
    """Whether the very caller is on this machine: a proxy here that forwards for somebody does not count."""
    if any(name in request.META for name in FORWARDED):
        return False
    return ip_address(request.META.get("REMOTE_ADDR") or "0.0.0.0").is_loopback  # noqa: S104  # not bound to, compared


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Backlog())
    if MULTIPROC_VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it so
    else:
        registry.register(REGISTRY)
    return registry
