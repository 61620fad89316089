"""Idempotency-Key on POST /v1/orders (contract, Idempotency)."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from idempotency.models import IdempotencyRecord
from kernel import ids
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.concurrency import PATIENCE, run_together
from tests.factories import PetFactory, TenantFactory
from tests.rest.paying import pay

KEY = "3f2c-order-1"


def _order(client: Client, pet: Pet, key: str | None = KEY, **more: Any) -> Any:
    extra: dict[str, Any] = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post("/v1/orders", {"petId": str(pet.id), **more}, **extra)


def _counts(tenant: Tenant) -> tuple[int, int]:
    with tenant_scope(tenant.id):
        return Order.objects.count(), IdempotencyRecord.objects.count()


def test_the_second_request_gets_the_first_answer_again(api: Client, pool: Tenant, stray: Pet) -> None:
    first, second = _order(api, stray), _order(api, stray)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert [first[name] for name in ("Location", "ETag")] == [second[name] for name in ("Location", "ETag")]
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert _counts(pool) == (1, 1)


def test_without_a_key_the_second_request_is_a_new_one(api: Client, pool: Tenant, stray: Pet) -> None:
    assert [_order(api, stray, key=None).status_code for _ in range(2)] == [201, 409]
    assert _counts(pool) == (1, 0)


def test_the_key_with_another_body_is_422_and_does_nothing(api: Client, pool: Tenant, stray: Pet) -> None:
    other = PetFactory.create()
    _order(api, stray)
    answer = _order(api, other)
    assert answer.status_code == 422
    assert answer.json()["type"] == "https://petstoreapi.com/errors/idempotency-key-reused"
    assert api.get(f"/v1/pets/{other.id}").json()["status"] == "AVAILABLE"
    assert _counts(pool) == (1, 1)


def test_a_refusal_is_not_kept_so_that_the_request_may_be_mended(api: Client, pool: Tenant, stray: Pet) -> None:
    assert _order(api, stray, userId=7).status_code == 400
    assert api.post("/v1/orders", {"petId": str(ids.new_id())}, HTTP_IDEMPOTENCY_KEY=KEY).status_code == 404
    assert _counts(pool) == (0, 0)
    answer = _order(api, stray)
    assert (answer.status_code, "Idempotent-Replayed" in answer) == (201, False)


def test_a_conflict_is_not_kept(api: Client, pool: Tenant, stray: Pet) -> None:
    order_id = _order(api, stray, key="other").json()["id"]
    assert _order(api, stray).status_code == 409
    api.delete(f"/v1/orders/{order_id}")
    assert _order(api, stray).status_code == 201


def test_two_callers_with_one_key_are_two(api: Client, alice: User, bob: User, acme: Tenant) -> None:
    answers = [_order(api.as_(user), PetFactory.create(tenant=acme)) for user in (alice, bob)]
    assert [answer.json()["userId"] for answer in answers] == [str(alice.id), str(bob.id)]
    assert _counts(acme) == (2, 2)


def test_one_callers_devices_share_their_keys(api: Client, alice: User, rex: Pet) -> None:
    first, second = _order(api.as_(alice), rex), _order(api.as_(alice), rex)
    assert (first.content, second["Idempotent-Replayed"]) == (second.content, "true")


def test_one_key_in_two_scopes_is_two(api: Client, pool: Tenant, stray: Pet) -> None:
    shop = TenantFactory.create(access=Tenant.Access.OPEN)
    theirs = PetFactory.create(tenant=shop)
    answers = [_order(api, stray), _order(api.at(shop), theirs)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (_counts(pool), _counts(shop)) == ((1, 1), (1, 1))


def test_one_key_for_an_order_and_for_its_payment_is_two(api: Client, alice: User, rex: Pet) -> None:
    """A record is kept by use case and target, so that every protocol finds it, whatever the path was."""
    caller = api.as_(alice)
    order_id = _order(caller, rex).json()["id"]
    with tenant_scope(rex.tenant_id):
        order = Order.objects.get(pk=order_id)
    paid = pay(caller, order, key=KEY)
    assert (paid.status_code, "Idempotent-Replayed" in paid) == (201, False)
    with tenant_scope(rex.tenant_id):
        records = IdempotencyRecord.objects.values_list("operation", "target")
        assert set(records) == {("place_order", ""), ("pay_order", order_id)}


def test_a_kept_answer_is_for_its_caller_only(api: Client, alice: User, rex: Pet) -> None:
    _order(api.as_(alice), rex)
    answer = _order(api.at(alice.tenant), rex)
    assert answer.status_code == 401
    assert str(alice.id) not in answer.content.decode()


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "ключ", "\x7f"])
def test_a_bad_key_is_400_and_does_nothing(api: Client, pool: Tenant, stray: Pet, key: str) -> None:
    assert _order(api, stray, key=key).status_code == 400
    assert _counts(pool) == (0, 0)


@pytest.mark.parametrize("key", ["x", "x" * 255, '"quoted"', "a b"])
def test_a_printable_key_is_taken(api: Client, stray: Pet, key: str) -> None:
    assert [_order(api, stray, key=key).status_code for _ in range(2)] == [201, 201]


@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_one_order_is_made(pool: Tenant, stray: Pet) -> None:
    answers = run_together([partial(_order, Client(), stray) for _ in range(10)]).results
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer["Retry-After"] for answer in answers if answer.status_code == 409} <= {"1"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert _counts(pool) == (1, 1)


def _hold_the_pet(pet: Pet, is_held: Event, may_go: Event) -> None:
    with transaction.atomic(), tenant_scope(pet.tenant_id):
        Pet.objects.select_for_update().get(pk=pet.pk)
        is_held.set()
        may_go.wait(PATIENCE)


def _wait_until_a_key_is_locked() -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                "WHERE l.locktype = 'advisory' AND d.datname = current_database()"
            )
            if cursor.fetchone() is not None:
                return
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one request write after the other")
def test_while_the_first_runs_the_second_is_409_with_retry_after(pool: Tenant, stray: Pet) -> None:
    is_held, may_go = Event(), Event()

    def first() -> Any:
        is_held.wait(PATIENCE)
        return _order(Client(), stray)

    def second() -> Any:
        _wait_until_a_key_is_locked()
        try:
            return _order(Client(), stray)
        finally:
            may_go.set()

    calls: list[Callable[[], Any]] = [lambda: _hold_the_pet(stray, is_held, may_go), first, second]
    _, made, refused = run_together(calls).results
    assert (made.status_code, refused.status_code, refused["Retry-After"]) == (201, 409, "1")
    assert _counts(pool) == (1, 1)
