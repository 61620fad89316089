"""/v1/webhooks: subscriptions, for staff of the scope (contract, Webhooks)."""

from typing import Any

import pytest
from django.utils.crypto import get_random_string
from standardwebhooks import Webhook

from accounts.models import User
from events.models import Action, AuditEvent
from kernel import clock
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot
from tests.webhooks.conftest import sink
from tests.webhooks.delivering import deliver_all_due
from tests.webhooks.sink import Sink
from webhooks.models import Delivery, Endpoint
from webhooks.services import endpoints

__all__ = ["sink"]

NEVER = "0190b6a2-0000-7000-8000-000000000000"
URL = "https://shop.example/hooks"
EVENTS = ["order.statusChanged", "payment.succeeded"]
BODY = {"url": URL, "events": EVENTS}


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


def _create(client: Client, **changed: Any) -> Any:
    return client.post("/v1/webhooks", BODY | changed)


def _replace(client: Client, webhook: Any, **changed: Any) -> Any:
    headers = {name: changed.pop(name) for name in [*changed] if name.startswith("HTTP_")}
    return client.put(f"/v1/webhooks/{webhook['id']}", BODY | changed, **headers)


def _stored(tenant: Tenant) -> Endpoint:
    with tenant_scope(tenant.id):
        endpoint: Endpoint = Endpoint.objects.get()
    return endpoint


def _actions(tenant: Tenant) -> list[str]:
    with tenant_scope(tenant.id):
        rows = AuditEvent.objects.filter(entity_type="WEBHOOKS").order_by("created_at", "id")
        return list(rows.values_list("action", flat=True))


def _refused(client: Client, method: str, path: str, body: Any, status: int, slug: str, field: str = "") -> Any:
    before = snapshot()
    answer = getattr(client, method)(path, body)
    assert_problem(answer, status, slug, field)
    assert snapshot() == before
    return answer


def test_a_webhook_is_made_and_its_secret_is_shown(staff: Client, acme: Tenant) -> None:
    answer = _create(staff)
    endpoint = _stored(acme)
    assert answer.json() == {
        "id": str(endpoint.id),
        "url": URL,
        "events": EVENTS,
        "status": "ACTIVE",
        "pauseReason": None,
        "createdAt": clock.format_rfc3339(endpoint.created_at),
        "updatedAt": clock.format_rfc3339(endpoint.created_at),
        "tenantId": str(acme.id),
        "secret": endpoint.secret,
        "previousSecretUntil": None,
    }
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert _actions(acme) == [Action.WEBHOOK_CREATED]


def test_the_secret_is_shown_no_second_time(staff: Client, acme: Tenant) -> None:
    made = _create(staff)
    shown = [staff.get(made["Location"]), staff.get("/v1/webhooks"), _replace(staff, made.json())]
    secret = _stored(acme).secret
    assert [secret in answer.content.decode() for answer in (made, *shown)] == [True, False, False, False]


def test_a_new_webhook_is_where_its_location_says(staff: Client) -> None:
    made = _create(staff)
    found = staff.get(made["Location"])
    assert found.json().items() <= made.json().items()
    assert found["ETag"] == made["ETag"]


def test_event_names_come_in_any_case_and_count_once(staff: Client) -> None:
    made = _create(staff, events=["PAYMENT.FAILED", "order.statuschanged", "payment.failed"])
    assert made.json()["events"] == ["order.statusChanged", "payment.failed"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", None),
        ("url", 7),
        ("url", ""),
        ("url", "shop.example"),
        ("url", "ftp://shop.example/"),
        ("url", "http://127.0.0.1/"),
        ("url", "http://[::1]/"),
        ("url", "http://169.254.169.254/latest"),
        ("url", "https://localhost/"),
        ("url", "https://shop.example:8443/"),
        ("url", "https://user:word@shop.example/"),
        ("url", "https://shop.example/" + "x" * 2000),
        ("events", None),
        ("events", []),
        ("events", "order.statusChanged"),
        ("events.0", ["order.deleted"]),
        ("events.1", ["payment.failed", 7]),
        ("events", ["payment.failed"] * 101),
        ("color", "red"),
    ],
)
def test_what_makes_no_webhook_is_400(staff: Client, name: str, value: Any) -> None:
    body = BODY | {name.partition(".")[0]: value}
    answer = _refused(staff, "post", "/v1/webhooks", body, 400, "validation-error", name)
    assert "shop.example" not in answer.content.decode()


@pytest.mark.parametrize("name", ["url", "events"])
@pytest.mark.parametrize("method", ["post", "put"])
def test_url_and_events_are_required(staff: Client, name: str, method: str) -> None:
    path = "/v1/webhooks" if method == "post" else f"/v1/webhooks/{_create(staff).json()['id']}"
    body = {key: value for key, value in BODY.items() if key != name}
    _refused(staff, method, path, body, 400, "validation-error", name)


def test_a_store_has_so_many_webhooks_and_no_more(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 1)
    _create(staff)
    _refused(staff, "post", "/v1/webhooks", BODY, 409, "conflict")


def test_webhooks_come_in_pages_oldest_first(staff: Client) -> None:
    made = [_create(staff).json()["id"] for _ in range(3)]
    page = staff.get("/v1/webhooks?limit=2").json()
    rest = staff.get(page["links"]["next"]).json()
    assert [webhook["id"] for webhook in page["data"] + rest["data"]] == made


def test_a_webhook_is_changed_and_paused_and_goes_on(staff: Client, acme: Tenant) -> None:
    made = _create(staff).json()
    paused = _replace(staff, made, events=["payment.failed"], url="https://other.example/", status="paused").json()
    assert (paused["url"], paused["events"]) == ("https://other.example/", ["payment.failed"])
    assert (paused["status"], paused["pauseReason"]) == ("PAUSED", "ASKED")
    going_on = _replace(staff, made).json()
    assert (going_on["status"], going_on["pauseReason"], going_on["events"]) == ("ACTIVE", None, EVENTS)
    assert _actions(acme) == [Action.WEBHOOK_CREATED, Action.WEBHOOK_PAUSED, Action.WEBHOOK_UPDATED]


def test_what_was_read_can_be_put_back(staff: Client) -> None:
    made = _create(staff).json()
    shown = staff.get(f"/v1/webhooks/{made['id']}").json()
    again = staff.put(f"/v1/webhooks/{made['id']}", shown)
    assert (again.status_code, again.json() | {"updatedAt": shown["updatedAt"]}) == (200, shown)


@pytest.mark.parametrize(
    ("name", "value"), [("url", "http://10.0.0.1/"), ("events", []), ("status", "GONE"), ("status", None), ("color", 1)]
)
def test_a_change_that_makes_no_sense_is_400(staff: Client, name: str, value: Any) -> None:
    path = f"/v1/webhooks/{_create(staff).json()['id']}"
    _refused(staff, "put", path, BODY | {name: value}, 400, "validation-error", name)


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("tag", ['"v1"', 'W/"v2"', '"v3"', '"nonsense"'])
def test_a_webhook_that_was_read_before_it_changed_is_412(staff: Client, method: str, tag: str) -> None:
    made = _create(staff).json()
    _replace(staff, made)
    before = snapshot()
    answer = getattr(staff, method)(f"/v1/webhooks/{made['id']}", BODY, HTTP_IF_MATCH=tag)
    assert_problem(answer, 412, "precondition-failed")
    assert snapshot() == before


@pytest.mark.parametrize("tag", ['"v2"', "*", '"v1", "v2"'])
def test_a_webhook_that_is_as_it_was_read_is_changed_and_deleted(staff: Client, acme: Tenant, tag: str) -> None:
    made = _create(staff).json()
    tagged = _replace(staff, made)["ETag"]
    assert tagged == '"v2"'
    assert _replace(staff, made, HTTP_IF_MATCH=tag)["ETag"] == '"v3"'
    assert staff.delete(f"/v1/webhooks/{made['id']}", HTTP_IF_MATCH='"v3"').status_code == 204


def test_a_webhook_that_the_caller_has_is_304(staff: Client) -> None:
    made = _create(staff)
    known = staff.get(made["Location"], HTTP_IF_NONE_MATCH=made["ETag"])
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", made["ETag"])


def test_a_deleted_webhook_is_gone_with_what_was_sent(staff: Client, acme: Tenant, sink: Sink) -> None:
    made = _create(staff, url=sink.url())
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    assert staff.delete(made["Location"]).status_code == 204
    assert staff.get(made["Location"]).status_code == 404
    with tenant_scope(acme.id):
        assert (Endpoint.objects.count(), Delivery.objects.count()) == (0, 0)
    assert _actions(acme)[-1] == Action.WEBHOOK_DELETED


def test_a_new_secret_signs_together_with_the_old_one(staff: Client, acme: Tenant, sink: Sink) -> None:
    made = _create(staff, url=sink.url()).json()
    rotated = staff.post(f"/v1/webhooks/{made['id']}/secret")
    new = rotated.json()
    assert (rotated.status_code, rotated["Cache-Control"]) == (201, "no-store")
    assert staff.get(f"/v1/webhooks/{made['id']}")["ETag"] == '"v2"'
    assert new["secret"] == _stored(acme).secret != made["secret"]
    assert new["previousSecretUntil"] > new["updatedAt"]
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    (request,) = sink.received
    for secret in (made["secret"], new["secret"]):
        Webhook(secret).verify(request.body, dict(request.headers))


def test_what_is_sent_is_what_was_subscribed(staff: Client, acme: Tenant, sink: Sink) -> None:
    _create(staff, url=sink.url("/pets"), events=["pet.statusChanged"])
    _create(staff, url=sink.url("/money"), events=["payment.failed"])
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    assert {request.line for request in sink.received} == {"POST /pets HTTP/1.1"}


CALLS = (
    ("get", "webhooks"),
    ("post", "webhooks"),
    ("get", "webhooks/{webhook}"),
    ("put", "webhooks/{webhook}"),
    ("delete", "webhooks/{webhook}"),
    ("post", "webhooks/{webhook}/secret"),
    ("post", "webhooks/{webhook}/test"),
    ("get", "webhooks/{webhook}/deliveries"),
    ("post", "webhooks/{webhook}/deliveries/{delivery}/redeliver"),
)
each_call = pytest.mark.parametrize(("method", "path"), CALLS)


@pytest.fixture
def rows(staff: Client) -> dict[str, str]:
    """A webhook of acme, and its test."""
    webhook = _create(staff).json()["id"]
    return {"webhook": webhook, "delivery": staff.post(f"/v1/webhooks/{webhook}/test").json()["id"]}


@each_call
def test_without_a_token_it_is_401(api: Client, acme: Tenant, rows: dict[str, str], method: str, path: str) -> None:
    for client in (api, api.at(acme)):
        _refused(client, method, f"/v1/{path.format(**rows)}", BODY, 401, "unauthorized")


@each_call
def test_customers_and_staff_of_elsewhere_are_403(
    api: Client, acme: Tenant, alice: User, gina: User, rows: dict[str, str], method: str, path: str
) -> None:
    for client in (api.as_(alice), api.as_(gina, at=acme)):
        _refused(client, method, f"/v1/{path.format(**rows)}", {"color": 1}, 403, "forbidden")


@each_call
def test_an_admin_may_do_it(
    api: Client, acme: Tenant, root: User, rows: dict[str, str], method: str, path: str
) -> None:
    answer = getattr(api.as_(root, at=acme), method)(f"/v1/{path.format(**rows)}", BODY)
    assert 200 <= answer.status_code < 300


@each_call
def test_options_tell_the_methods_and_other_methods_are_405(
    staff: Client, rows: dict[str, str], method: str, path: str
) -> None:
    address = f"/v1/{path.format(**rows)}"
    allowed = {"OPTIONS"} | {other.upper() for other, same in CALLS if same == path}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    asked, refused = staff.options(address), staff.patch(address, {})
    assert (asked.status_code, set(asked["Allow"].split(", "))) == (204, allowed)
    assert_problem(refused, 405, "method-not-allowed")
    assert set(refused["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("webhook", [NEVER, "1", "null", get_random_string(8)])
def test_an_id_that_names_no_webhook_is_404(staff: Client, webhook: str) -> None:
    for method, path in CALLS[2:]:
        address = f"/v1/{path.format(webhook=webhook, delivery=NEVER)}"
        _refused(staff, method, address, BODY, 404, "not-found")
