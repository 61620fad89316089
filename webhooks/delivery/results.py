"""Results: settle attempts, release the next deliveries, and update the endpoints' circuits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from database import bulk_insert
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.actor import SYSTEM
from outbound.client import Response
from tenants.scoping import all_tenants, tenant_scope
from webhooks.delivery.callback_circuits import close_url_circuit, open_url_circuit
from webhooks.delivery.claims import ClaimedDelivery
from webhooks.delivery.retry_policy import SCHEDULE, compute_backoff_after, next_attempt_at
from webhooks.models import Attempt, Delivery, Endpoint

MAX_FAILURES = 100
"""Failures in a row, a minute apart, after which an endpoint is paused: longer than one delivery is retried."""

_ATTEMPT = ("tenant_id", "delivery_id", "number", "at", "duration_ms", "status_code", "error", "answer")


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The result of an attempt that began at `at`."""

    claimed: ClaimedDelivery
    at: datetime
    response: Response


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The state of a delivery after an attempt: settled, or due again."""

    attempt: AttemptResult
    status: Delivery.Status
    due_at: datetime | None = None

    @property
    def delivery_id(self) -> UUID:
        return self.attempt.claimed.delivery_id


def settle_attempts(attempts: Sequence[AttemptResult]) -> None:
    """Write attempts, the states of their deliveries and the endpoints' circuits, all in one transaction.

    The next delivery with the same ordering key becomes due. A delivery that another worker has claimed is skipped:
    nothing of it is written. Endpoints are locked before deliveries, as in `fan_out`, and in the order of their ids.
    """
    at = clock.now()
    with all_tenants(reason="the worker serves all tenants"), transaction.atomic():
        endpoints = _lock_endpoints({attempt.claimed.endpoint_id for attempt in attempts})
        held = _lock_held_attempts(attempts)
        results = [_decide_delivery_result(attempt, endpoints[attempt.claimed.endpoint_id], at) for attempt in held]
        _write_attempt_rows(held)
        _write_delivery_results(results, at)
        _release_next_deliveries([result.attempt.claimed for result in results if result.due_at is None], at)
        _write_endpoint_circuits(endpoints, [result for result in results if result.attempt.claimed.host is None], at)
        for result in results:
            if result.attempt.claimed.host is not None:
                _update_url_circuit(result, at)


def _update_url_circuit(result: DeliveryResult, at: datetime) -> None:
    if result.status == Delivery.Status.SUCCEEDED:
        close_url_circuit(result.attempt.claimed, at)
    else:
        open_url_circuit(result.attempt.claimed, at, is_last=result.status == Delivery.Status.FAILED)


def _lock_endpoints(endpoint_ids: set[UUID]) -> dict[UUID, Endpoint]:
    rows = Endpoint.objects.select_for_update(no_key=True).filter(pk__in=endpoint_ids).order_by("pk")
    return {endpoint.pk: endpoint for endpoint in rows}


def _lock_held_attempts(attempts: Sequence[AttemptResult]) -> list[AttemptResult]:
    rows = Delivery.objects.select_for_update(no_key=True).order_by("pk")
    ids = {attempt.claimed.delivery_id for attempt in attempts}
    claims = dict(rows.filter(pk__in=ids).values_list("pk", "claim"))
    return [attempt for attempt in attempts if claims.get(attempt.claimed.delivery_id) == attempt.claimed.claim]


def _decide_delivery_result(attempt: AttemptResult, endpoint: Endpoint, at: datetime) -> DeliveryResult:
    response = attempt.response
    if response.is_success:
        return DeliveryResult(attempt, Delivery.Status.SUCCEEDED)
    if response.status == HTTPStatus.GONE and endpoint.kind == Endpoint.Kind.CALLBACK:
        return DeliveryResult(attempt, Delivery.Status.FAILED)
    due_at = next_attempt_at(attempt.claimed.attempts_made + 1, at=at, retry_after=response.retry_after)
    return DeliveryResult(attempt, Delivery.Status.PENDING if due_at else Delivery.Status.FAILED, due_at)


def _write_attempt_rows(attempts: Sequence[AttemptResult]) -> None:
    rows = [(one.claimed.tenant_id, one.claimed.delivery_id, *_build_attempt_columns(one)) for one in attempts]
    if rows:
        bulk_insert(Attempt, _ATTEMPT, rows)


def _build_attempt_columns(attempt: AttemptResult) -> tuple[object, ...]:
    response = attempt.response
    number = attempt.claimed.attempts_made + 1
    return number, attempt.at, response.duration_ms, response.status, response.error, response.body


def _write_delivery_results(results: Sequence[DeliveryResult], at: datetime) -> None:
    for status in (Delivery.Status.SUCCEEDED, Delivery.Status.FAILED):
        settled = [result.delivery_id for result in results if result.status == status]
        if settled:
            _update_deliveries(settled, status=status, due_at=None, settled_at=at)
    for result in results:
        if result.due_at:
            _update_deliveries([result.delivery_id], due_at=result.due_at)


def _update_deliveries(delivery_ids: Sequence[UUID], **values: object) -> None:
    Delivery.objects.filter(pk__in=delivery_ids).update(attempts_made=F("attempts_made") + 1, claim=None, **values)


def _release_next_deliveries(finished: Sequence[ClaimedDelivery], at: datetime) -> None:
    """Make due the first unfinished delivery of each finished one's ordering key."""
    released_from = [claimed.delivery_id for claimed in finished if claimed.is_ordered]
    if not released_from:
        return
    queue = Delivery.objects.queued().filter(endpoint=OuterRef("endpoint"), ordering_key=OuterRef("ordering_key"))
    first = Subquery(queue.order_by("sequence").values("pk")[:1])
    heads = Delivery.objects.filter(pk__in=released_from).order_by().annotate(head=first).values_list("head", flat=True)
    following = {head for head in heads if head}
    if following:
        Delivery.objects.filter(pk__in=following, due_at__isnull=True).update(due_at=at)


def _write_endpoint_circuits(endpoints: dict[UUID, Endpoint], results: Sequence[DeliveryResult], at: datetime) -> None:
    by_endpoint: defaultdict[UUID, list[DeliveryResult]] = defaultdict(list)
    for result in results:
        by_endpoint[result.attempt.claimed.endpoint_id].append(result)
    for endpoint_id, own in by_endpoint.items():
        endpoint = endpoints[endpoint_id]
        before = endpoint.failures, endpoint.backoff_until
        for result in own:
            _update_endpoint_circuit(endpoint, result, at)
        if (endpoint.failures, endpoint.backoff_until) != before:
            endpoint.save(update_fields=["failures", "backoff_until"])
        reason = _find_pause_reason(endpoint, own)
        if reason:
            _pause_failing_endpoint(endpoint, reason, at)


def _update_endpoint_circuit(endpoint: Endpoint, result: DeliveryResult, at: datetime) -> None:
    """Count failures; a success resets them. An attempt from before the back-off belongs to the failure before it."""
    if result.status == Delivery.Status.SUCCEEDED:
        endpoint.failures, endpoint.backoff_until = 0, None
    elif endpoint.backoff_until is None or result.attempt.at > endpoint.backoff_until:
        endpoint.failures += 1
        endpoint.backoff_until = at + compute_backoff_after(endpoint.failures)


def _find_pause_reason(endpoint: Endpoint, results: Sequence[DeliveryResult]) -> Endpoint.PauseReason | None:
    if endpoint.status == Endpoint.Status.PAUSED:
        return None
    if any(result.attempt.response.status == HTTPStatus.GONE for result in results):
        return Endpoint.PauseReason.GONE
    exhausted = [result.delivery_id for result in results if result.status == Delivery.Status.FAILED]
    if endpoint.failures >= MAX_FAILURES or any(_had_no_success_since(endpoint, one) for one in exhausted):
        return Endpoint.PauseReason.FAILING
    return None


def _had_no_success_since(endpoint: Endpoint, delivery_id: UUID) -> bool:
    """Check that the endpoint has had no success since the first attempt of this exhausted delivery."""
    if endpoint.failures < len(SCHEDULE):
        return False
    first = Attempt.objects.filter(delivery_id=delivery_id, number=1).latest("pk")
    successes = Delivery.objects.filter(endpoint=endpoint, status=Delivery.Status.SUCCEEDED, settled_at__gte=first.at)
    return not successes.exists()


def _pause_failing_endpoint(endpoint: Endpoint, reason: Endpoint.PauseReason, at: datetime) -> None:
    endpoint.status, endpoint.pause_reason = Endpoint.Status.PAUSED, reason
    endpoint.version, endpoint.updated_at = endpoint.version + 1, at
    endpoint.save(update_fields=["status", "pause_reason", "version", "updated_at"])
    changes = {"status": [Endpoint.Status.ACTIVE.value, Endpoint.Status.PAUSED.value]}
    details = {"changes": changes, "reason": reason.value}
    with tenant_scope(endpoint.tenant_id):
        record_event(
            Action.WEBHOOK_PAUSED,
            entity_type=EntityType.WEBHOOKS,
            entity_id=endpoint.pk,
            actor=SYSTEM,
            at=at,
            details=details,
        )
