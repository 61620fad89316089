"""Writing what came of an attempt."""

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
"""In vain so often, a minute's rest between: an endpoint that fails for longer than a delivery is tried."""

_ATTEMPT = ("tenant_id", "delivery_id", "number", "at", "duration_ms", "status_code", "error", "answer")


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What came of an attempt that began at `at`."""

    claimed: ClaimedDelivery
    at: datetime
    response: Response


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What becomes of a delivery: settled, or due again."""

    attempt: AttemptResult
    status: Delivery.Status
    due_at: datetime | None = None

    @property
    def delivery_id(self) -> UUID:
        return self.attempt.claimed.delivery_id


def settle_attempts(results: Sequence[AttemptResult]) -> None:
    """Write the attempts, what becomes of their deliveries, and how their endpoints do, all in one transaction.

    The next of a lane becomes due. A delivery whose claim is another's by now is passed over: nothing of it is
    written. Endpoints are locked before deliveries, as in `fan_out`, and in the order of their ids.
    """
    at = clock.now()
    with all_tenants(reason="the worker serves all tenants"), transaction.atomic():
        endpoints = _lock_endpoints({outcome.claimed.endpoint_id for outcome in results})
        held = _lock_held_attempts(results)
        verdicts = [_decide_delivery_result(outcome, endpoints[outcome.claimed.endpoint_id], at) for outcome in held]
        _write_attempt_rows(held)
        _write_delivery_results(verdicts, at)
        _release_next_deliveries([verdict.attempt.claimed for verdict in verdicts if verdict.due_at is None], at)
        _write_endpoint_circuits(
            endpoints, [verdict for verdict in verdicts if verdict.attempt.claimed.host is None], at
        )
        for verdict in verdicts:
            if verdict.attempt.claimed.host is not None:
                _update_url_circuit(verdict, at)


def _update_url_circuit(verdict: DeliveryResult, at: datetime) -> None:
    if verdict.status == Delivery.Status.SUCCEEDED:
        close_url_circuit(verdict.attempt.claimed, at)
    else:
        open_url_circuit(verdict.attempt.claimed, at, is_last=verdict.status == Delivery.Status.FAILED)


def _lock_endpoints(endpoint_ids: set[UUID]) -> dict[UUID, Endpoint]:
    rows = Endpoint.objects.select_for_update(no_key=True).filter(pk__in=endpoint_ids).order_by("pk")
    return {endpoint.pk: endpoint for endpoint in rows}


def _lock_held_attempts(outcomes: Sequence[AttemptResult]) -> list[AttemptResult]:
    rows = Delivery.objects.select_for_update(no_key=True).order_by("pk")
    ids = {outcome.claimed.delivery_id for outcome in outcomes}
    claims = dict(rows.filter(pk__in=ids).values_list("pk", "claim"))
    return [outcome for outcome in outcomes if claims.get(outcome.claimed.delivery_id) == outcome.claimed.claim]


def _decide_delivery_result(outcome: AttemptResult, endpoint: Endpoint, at: datetime) -> DeliveryResult:
    answer = outcome.response
    if answer.is_success:
        return DeliveryResult(outcome, Delivery.Status.SUCCEEDED)
    if answer.status == HTTPStatus.GONE and endpoint.kind == Endpoint.Kind.CALLBACK:
        return DeliveryResult(outcome, Delivery.Status.FAILED)
    due_at = next_attempt_at(outcome.claimed.attempts_made + 1, at=at, retry_after=answer.retry_after)
    return DeliveryResult(outcome, Delivery.Status.PENDING if due_at else Delivery.Status.FAILED, due_at)


def _write_attempt_rows(outcomes: Sequence[AttemptResult]) -> None:
    rows = [(one.claimed.tenant_id, one.claimed.delivery_id, *_build_attempt_columns(one)) for one in outcomes]
    if rows:
        bulk_insert(Attempt, _ATTEMPT, rows)


def _build_attempt_columns(outcome: AttemptResult) -> tuple[object, ...]:
    answer = outcome.response
    number = outcome.claimed.attempts_made + 1
    return number, outcome.at, answer.duration_ms, answer.status, answer.error, answer.body


def _write_delivery_results(verdicts: Sequence[DeliveryResult], at: datetime) -> None:
    for status in (Delivery.Status.SUCCEEDED, Delivery.Status.FAILED):
        settled = [verdict.delivery_id for verdict in verdicts if verdict.status == status]
        if settled:
            _update_deliveries(settled, status=status, due_at=None, settled_at=at)
    for verdict in verdicts:
        if verdict.due_at:
            _update_deliveries([verdict.delivery_id], due_at=verdict.due_at)


def _update_deliveries(delivery_ids: Sequence[UUID], **values: object) -> None:
    Delivery.objects.filter(pk__in=delivery_ids).update(attempts_made=F("attempts_made") + 1, claim=None, **values)


def _release_next_deliveries(finished: Sequence[ClaimedDelivery], at: datetime) -> None:
    """Whoever stands first in the lane of a finished one now may go."""
    leaders = [claimed.delivery_id for claimed in finished if claimed.is_ordered]
    if not leaders:
        return
    queue = Delivery.objects.queued().filter(endpoint=OuterRef("endpoint"), ordering_key=OuterRef("ordering_key"))
    first = Subquery(queue.order_by("sequence").values("pk")[:1])
    heads = Delivery.objects.filter(pk__in=leaders).order_by().annotate(head=first).values_list("head", flat=True)
    following = {head for head in heads if head}
    if following:
        Delivery.objects.filter(pk__in=following, due_at__isnull=True).update(due_at=at)


def _write_endpoint_circuits(endpoints: dict[UUID, Endpoint], verdicts: Sequence[DeliveryResult], at: datetime) -> None:
    by_endpoint: defaultdict[UUID, list[DeliveryResult]] = defaultdict(list)
    for verdict in verdicts:
        by_endpoint[verdict.attempt.claimed.endpoint_id].append(verdict)
    for endpoint_id, own in by_endpoint.items():
        endpoint = endpoints[endpoint_id]
        before = endpoint.failures, endpoint.backoff_until
        for verdict in own:
            _update_endpoint_circuit(endpoint, verdict, at)
        if (endpoint.failures, endpoint.backoff_until) != before:
            endpoint.save(update_fields=["failures", "backoff_until"])
        reason = _find_pause_reason(endpoint, own)
        if reason:
            _pause_failing_endpoint(endpoint, reason, at)


def _update_endpoint_circuit(endpoint: Endpoint, verdict: DeliveryResult, at: datetime) -> None:
    """A success makes good for all failures. What began before the rest belongs to the failure before it."""
    if verdict.status == Delivery.Status.SUCCEEDED:
        endpoint.failures, endpoint.backoff_until = 0, None
    elif endpoint.backoff_until is None or verdict.attempt.at > endpoint.backoff_until:
        endpoint.failures += 1
        endpoint.backoff_until = at + compute_backoff_after(endpoint.failures)


def _find_pause_reason(endpoint: Endpoint, verdicts: Sequence[DeliveryResult]) -> Endpoint.PauseReason | None:
    if endpoint.status == Endpoint.Status.PAUSED:
        return None
    if any(verdict.attempt.response.status == HTTPStatus.GONE for verdict in verdicts):
        return Endpoint.PauseReason.GONE
    exhausted = [verdict.delivery_id for verdict in verdicts if verdict.status == Delivery.Status.FAILED]
    if endpoint.failures >= MAX_FAILURES or any(_had_no_success_since(endpoint, one) for one in exhausted):
        return Endpoint.PauseReason.FAILING
    return None


def _had_no_success_since(endpoint: Endpoint, delivery_id: UUID) -> bool:
    """Whether the endpoint has had no success since the first attempt of this delivery, which was tried to its end."""
    if endpoint.failures < len(SCHEDULE):
        return False
    first = Attempt.objects.filter(delivery_id=delivery_id, number=1).latest("pk")
    taken = Delivery.objects.filter(endpoint=endpoint, status=Delivery.Status.SUCCEEDED, settled_at__gte=first.at)
    return not taken.exists()


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
