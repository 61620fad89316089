"""/v1/webhooks/{id}/deliveries and /test: what was sent, and what staff do about it (contract, Webhooks)."""

from typing import Any

import pytest

from accounts.models import User
from kernel import clock
from tenants.models import Tenant
from tests.client import Client
from tests.factories import OrderFactory
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot
from tests.webhooks.conftest import hook, sink
from tests.webhooks.delivering import deliver_all_due, deliveries_to, publish_all_events, received_envelopes
from tests.webhooks.sink import Sink, answer_with
from webhooks.delivery.claims import claim_due_deliveries
from webhooks.models import Endpoint

__all__ = ["hook", "sink"]

NEVER = "0190b6a2-0000-7000-8000-000000000000"


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


def _listed(client: Client, hook: Endpoint, query: str = "") -> list[Any]:
    answer = client.get(f"/v1/webhooks/{hook.id}/deliveries{query}")
    assert answer.status_code == 200, answer.content
    rows: list[Any] = answer.json()["data"]
    return rows


def _redeliver(client: Client, hook: Endpoint, delivery_id: object) -> Any:
    return client.post(f"/v1/webhooks/{hook.id}/deliveries/{delivery_id}/redeliver")


def test_a_delivery_is_told_with_its_attempts(staff: Client, acme: Tenant, hook: Endpoint, sink: Sink) -> None:
    sink.behaviour = answer_with(503, body=b"Down for maintenance.")
    staff.post(f"/v1/webhooks/{hook.id}/test")
    deliver_all_due()
    (stored,) = deliveries_to(hook)
    (told,) = _listed(staff, hook)
    (attempt,) = told.pop("attempts")
    assert stored.due_at
    assert told == {
        "id": str(stored.id),
        "webhookId": str(hook.id),
        "eventId": str(stored.message_id),
        "eventType": "webhook.test",
        "status": "PENDING",
        "attemptsMade": 1,
        "nextAttemptAt": clock.format_rfc3339(stored.due_at),
        "createdAt": clock.format_rfc3339(stored.created_at),
        "settledAt": None,
    }
    assert attempt.pop("durationMs") >= 0
    assert attempt.pop("at") >= told["createdAt"]
    assert attempt == {"number": 1, "statusCode": 503, "error": None, "answer": "Down for maintenance."}


def test_a_test_reaches_the_receiver(staff: Client, hook: Endpoint, sink: Sink) -> None:
    made = staff.post(f"/v1/webhooks/{hook.id}/test")
    deliver_all_due()
    (envelope,) = received_envelopes(sink)
    assert (made.status_code, made.json()["attempts"], "Location" in made) == (201, [], False)
    assert (envelope["eventId"], envelope["eventType"]) == (made.json()["eventId"], "webhook.test")
    assert envelope["data"] == {"webhookId": str(hook.id)}
    assert [told["status"] for told in _listed(staff, hook)] == ["SUCCEEDED"]


def test_deliveries_come_in_pages_oldest_first(staff: Client, hook: Endpoint) -> None:
    made = [staff.post(f"/v1/webhooks/{hook.id}/test").json()["id"] for _ in range(3)]
    page = staff.get(f"/v1/webhooks/{hook.id}/deliveries?limit=2").json()
    rest = staff.get(page["links"]["next"]).json()
    assert [told["id"] for told in page["data"] + rest["data"]] == made


def test_deliveries_are_found_by_status(staff: Client, hook: Endpoint, sink: Sink) -> None:
    staff.post(f"/v1/webhooks/{hook.id}/test")
    deliver_all_due()
    staff.post(f"/v1/webhooks/{hook.id}/test")
    told = {status: len(_listed(staff, hook, f"?status={status}")) for status in ("pending", "SUCCEEDED", "FAILED")}
    assert told == {"pending": 1, "SUCCEEDED": 1, "FAILED": 0}
    answer = staff.get(f"/v1/webhooks/{hook.id}/deliveries?status=LOST")
    assert_problem(answer, 400, "validation-error", "status")


def test_only_ones_own_deliveries_are_told(staff: Client, acme: Tenant, hook: Endpoint) -> None:
    other = staff.post("/v1/webhooks", {"url": "https://shop.example/", "events": ["payment.failed"]}).json()
    OrderFactory.create(tenant=acme)
    publish_all_events()
    assert (len(_listed(staff, hook)) > 0, staff.get(f"/v1/webhooks/{other['id']}/deliveries").json()["data"]) == (
        True,
        [],
    )


def test_what_was_sent_is_sent_again_under_the_same_id(staff: Client, hook: Endpoint, sink: Sink) -> None:
    made = staff.post(f"/v1/webhooks/{hook.id}/test").json()
    deliver_all_due()
    again = _redeliver(staff, hook, made["id"])
    assert (again.status_code, again.json()["status"], again.json()["attemptsMade"]) == (201, "PENDING", 0)
    deliver_all_due()
    assert [envelope["eventId"] for envelope in received_envelopes(sink)] == [made["eventId"]] * 2
    (told,) = _listed(staff, hook)
    assert (told["status"], [attempt["number"] for attempt in told["attempts"]]) == ("SUCCEEDED", [1, 1])


def test_what_is_on_its_way_is_409(staff: Client, hook: Endpoint) -> None:
    made = staff.post(f"/v1/webhooks/{hook.id}/test").json()
    claim_due_deliveries({hook.id: 1})
    before = snapshot()
    assert_problem(_redeliver(staff, hook, made["id"]), 409, "conflict")
    assert snapshot() == before


def test_what_waits_behind_an_older_event_of_its_order_is_409(staff: Client, acme: Tenant, hook: Endpoint) -> None:
    order = OrderFactory.create(tenant=acme)
    staff.delete(f"/v1/orders/{order.id}")
    publish_all_events()
    waiting = [told for told in _listed(staff, hook) if told["nextAttemptAt"] is None]
    before = snapshot()
    assert waiting
    assert_problem(_redeliver(staff, hook, waiting[0]["id"]), 409, "conflict")
    assert snapshot() == before


@pytest.mark.parametrize("who", ["the webhook", "the delivery"])
def test_a_delivery_is_found_at_its_own_webhook_only(staff: Client, hook: Endpoint, who: str) -> None:
    made = staff.post(f"/v1/webhooks/{hook.id}/test").json()
    other = staff.post("/v1/webhooks", {"url": "https://shop.example/", "events": ["payment.failed"]}).json()
    path = (other["id"], made["id"]) if who == "the webhook" else (hook.id, NEVER)
    before = snapshot()
    answer = staff.post("/v1/webhooks/{}/deliveries/{}/redeliver".format(*path))
    assert_problem(answer, 404, "not-found")
    assert snapshot() == before


def test_a_callbacks_host_is_no_webhook(staff: Client, acme: Tenant, sink: Sink) -> None:
    order = OrderFactory.create(tenant=acme)
    body = {"amount": "150.00", "currency": "USD", "timestamp": "1", "callbackUrl": sink.url()}
    staff.post(f"/v1/orders/{order.id}", body)
    (row,) = snapshot()["webhooks_endpoint"]
    assert "CALLBACK" in row
    assert staff.get("/v1/webhooks").json()["data"] == []
