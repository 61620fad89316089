"""Metrics for Prometheus (contract, Health)."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chat.models import Room
from chat.rooms.queries import filter_waiting_rooms, find_longest_wait
from chat.statistics import count_all_consultations
from events.queries import count_pending_events, list_quarantined_events, read_oldest_pending_time
from kernel import clock
from mqtt import queries as mqtt_queries
from petstore.interfaces.monitoring.counters import SharedHistogram
from petstore.interfaces.monitoring.gauges import OPEN_CONNECTIONS
from petstore.interfaces.monitoring.protocols import name_protocol
from petstore.interfaces.monitoring.replica import ReplicaCollector
from petstore.interfaces.monitoring.standbys import StandbyCollector
from petstore.server.awaited_response import AwaitedResponse
from petstore.server.recurring_jobs import last_run_times
from tenants.scoping import all_tenants
from webhooks.queries import count_failed_deliveries, count_pending_deliveries, read_oldest_due_time

REQUESTS = SharedHistogram(
    "petstore_request_seconds", "Requests and how long they took.", ("method", "route", "status"), name_protocol
)
access_log = logging.getLogger("petstore.access")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


class MetricsMiddleware:
    """Count and time every request; it is the outermost middleware, so that the time is the caller's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = f"/{match.route}" if match else "/"

        def count_response(final: HttpResponseBase) -> HttpResponseBase:
            count_http_request(request.method or "", route, final.status_code, time.perf_counter() - start)
            return final

        if isinstance(response, AwaitedResponse):
            response.finish_with(count_response)
        else:
            count_response(response)
        return response


def count_http_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count and time a request; unknown methods share one label."""
    count_call(method if method in METHODS else "other", route, str(status), seconds)


def count_call(method: str, route: str, status: str, seconds: float) -> None:
    """Count and time a call of any protocol; with ACCESS_LOG a line tells of it, without what the caller chose."""
    REQUESTS.observe_request((method, route, status), seconds)
    if settings.ACCESS_LOG:
        access_log.info("%s %s %s %s %.1f ms", name_protocol(route), method, route, status, seconds * 1000)


class BacklogCollector(Collector):
    """Collect the backlog of the worker and of webhooks at the time of the scrape."""

    def collect(self) -> Iterator[Metric]:
        try:
            number, oldest, aside = count_pending_events(), read_oldest_pending_time(), len(list_quarantined_events())
            unfinished, failed, due_at = count_pending_deliveries(), count_failed_deliveries(), read_oldest_due_time()
            done, unpublished = last_run_times(), mqtt_queries.count_pending_events()
        except DatabaseError:
            return
        yield GaugeMetricFamily("petstore_pending_events", "Events that wait for the worker.", number)
        yield _build_age_gauge("petstore_pending_events_oldest_seconds", "How long the oldest has waited.", oldest)
        yield GaugeMetricFamily("petstore_events_set_aside", "Events that the worker cannot read.", aside)
        deliveries = GaugeMetricFamily(
            "petstore_deliveries", "Webhook deliveries that are under way or failed.", labels=["status"]
        )
        deliveries.add_metric(["pending"], unfinished)
        deliveries.add_metric(["failed"], failed)
        yield deliveries
        yield GaugeMetricFamily("petstore_mqtt_pending", "Events that wait for the broker of MQTT.", unpublished)
        jobs = GaugeMetricFamily(
            "petstore_recurring_job_timestamp_seconds", "When a job of the workers was last done.", labels=["job"]
        )
        for name, at in done.items():
            jobs.add_metric([name], at.timestamp())
        yield jobs
        yield _build_age_gauge(
            "petstore_deliveries_oldest_due_seconds", "How long the oldest that is due has waited.", due_at
        )


class ConsultationCollector(Collector):
    """Collect the number of consultations of all tenants."""

    def collect(self) -> Iterator[Metric]:
        try:
            with all_tenants(reason="metrics count the consultations of all tenants together"):
                number = count_all_consultations()
        except DatabaseError:
            return
        yield CounterMetricFamily("petstore_consultations", "Consultations of the advisor.", number)


class RoomCollector(Collector):
    """Collect how many customers of all tenants wait for an answer in their support rooms."""

    def collect(self) -> Iterator[Metric]:
        try:
            with all_tenants(reason="metrics count the waiting rooms of all tenants together"):
                waiting = filter_waiting_rooms(Room.objects.order_by())
                number, since = waiting.count(), find_longest_wait()
        except DatabaseError:
            return
        yield GaugeMetricFamily("petstore_rooms_waiting", "Support rooms whose customer waits for an answer.", number)
        yield _build_age_gauge(
            "petstore_rooms_waiting_oldest_seconds", "How long the oldest of them has waited.", since
        )


def _build_age_gauge(name: str, help_text: str, since: datetime | None) -> Metric:
    return GaugeMetricFamily(name, help_text, max((clock.now() - since).total_seconds(), 0) if since else 0)


@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Return all metrics as text to callers on this machine, to all with METRICS_PUBLIC; others get a 404."""
    if not (settings.METRICS_PUBLIC or is_local_caller(request)):
        raise Http404
    return HttpResponse(generate_latest(_build_registry()), content_type=CONTENT_TYPE_LATEST)


def is_local_caller(request: HttpRequest) -> bool:
    """Return whether the caller itself is on this machine, not a proxy here that forwards for somebody."""
    if any(name in request.META for name in FORWARDED):
        return False
    return ip_address(request.META.get("REMOTE_ADDR") or "0.0.0.0").is_loopback  # noqa: S104  # not bound to, compared


def _build_registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(BacklogCollector())
    registry.register(ConsultationCollector())
    registry.register(RoomCollector())
    registry.register(StandbyCollector())
    registry.register(OPEN_CONNECTIONS)
    registry.register(ReplicaCollector())
    registry.register(REQUESTS)
    return registry
