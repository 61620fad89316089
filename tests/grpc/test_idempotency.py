"""Idempotency keys over gRPC (contract, Idempotency; guarantees, G2 and G7)."""

import pytest

from accounts.models import User
from erasure.services import erase_payer
from idempotency.errors import BadIdempotencyKey, KeyInUse, KeyReused
from idempotency.models import IdempotencyRecord
from idempotency.services import LEASED_FOR
from kernel import clock
from kernel.actor import SYSTEM
from kernel.errors import Invalid
from orders.models import Order
from payments.models import Payment
from pets.errors import PetNotAvailable
from pets.models import Pet
from petstore.interfaces.grpc.stubs.orders_pb2 import CancelOrderRequest, CreateOrderRequest
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.grpc.calling import Caller
from tests.grpc.paying import pay_request
from tests.payments.sources import ADDRESS, VISA, card

pytestmark = pytest.mark.django_db

CREATE, PAY = "OrderService/CreateOrder", "OrderService/PayOrder"


@pytest.fixture
def order(alice: User) -> Order:
    order: Order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    return order


def records() -> list[IdempotencyRecord]:
    with all_tenants(reason="a test looks"):
        return list(IdempotencyRecord.objects.order_by("created_at"))


def count_orders() -> int:
    with all_tenants(reason="a test counts"):
        return Order.objects.count()


def count_payments() -> int:
    with all_tenants(reason="a test counts"):
        return Payment.objects.count()


def test_a_second_order_with_the_key_is_the_first_one(alice: User, rex: Pet) -> None:
    caller, request = Caller(alice), CreateOrderRequest(pet_id=str(rex.id))
    first, was_replay = caller.call_and_tell(CREATE, request, key="key-1")
    caller.call("OrderService/CancelOrder", CancelOrderRequest(id=first.id))
    second, is_replay = caller.call_and_tell(CREATE, request, key="key-1")
    assert (was_replay, is_replay) == (False, True)
    assert second == first
    assert count_orders() == 1


def test_an_order_with_a_key_is_equal_to_one_without(alice: User, rex: Pet) -> None:
    other = PetFactory.create(tenant=alice.tenant)
    with_key = Caller(alice).call(CREATE, CreateOrderRequest(pet_id=str(rex.id)), key="key-1")
    without = Caller(alice).call(CREATE, CreateOrderRequest(pet_id=str(other.id)))
    with_key.id, with_key.pet_id = without.id, without.pet_id
    with_key.created_at.CopyFrom(without.created_at)
    with_key.updated_at.CopyFrom(without.updated_at)
    assert with_key == without


def test_the_key_with_another_request_is_refused(alice: User, rex: Pet) -> None:
    other = PetFactory.create(tenant=alice.tenant)
    Caller(alice).call(CREATE, CreateOrderRequest(pet_id=str(rex.id)), key="key-1")
    with pytest.raises(KeyReused):
        Caller(alice).call(CREATE, CreateOrderRequest(pet_id=str(other.id)), key="key-1")
    assert count_orders() == 1


def test_a_key_is_the_caller_s_and_the_protocol_s(api: Client, alice: User, bob: User, rex: Pet) -> None:
    others = [PetFactory.create(tenant=alice.tenant) for _ in range(2)]
    Caller(alice).call(CREATE, CreateOrderRequest(pet_id=str(rex.id)), key="key-1")
    Caller(bob).call(CREATE, CreateOrderRequest(pet_id=str(others[0].id)), key="key-1")
    body = {"petId": str(others[1].id)}
    assert api.as_(alice).post("/v1/orders", body, headers={"Idempotency-Key": "key-1"}).status_code == 201
    assert count_orders() == 3
    assert {record.operation for record in records()} == {"grpc.create_order", "place_order"}


def test_a_refused_order_frees_the_key(alice: User, order: Order, rex: Pet) -> None:
    caller = Caller(alice)
    with pytest.raises(PetNotAvailable):
        caller.call(CREATE, CreateOrderRequest(pet_id=str(order.pet_id)), key="key-1")
    with pytest.raises(Invalid):
        caller.call(CREATE, CreateOrderRequest(pet_id="7"), key="key-1")
    assert records() == []
    assert caller.call(CREATE, CreateOrderRequest(pet_id=str(rex.id)), key="key-1").status


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\nb"])
def test_an_odd_key_is_refused(alice: User, order: Order, rex: Pet, key: str) -> None:
    with pytest.raises(BadIdempotencyKey):
        Caller(alice).call(CREATE, CreateOrderRequest(pet_id=str(rex.id)), key=key)
    with pytest.raises(BadIdempotencyKey):
        Caller(alice).call(PAY, pay_request(order), key=key)
    assert (count_orders(), count_payments()) == (1, 0)


def test_a_second_payment_with_the_key_is_the_first_one(alice: User, order: Order) -> None:
    first, was_replay = Caller(alice).call_and_tell(PAY, pay_request(order), key="key-1")
    second, is_replay = Caller(alice).call_and_tell(PAY, pay_request(order), key="key-1")
    assert (was_replay, is_replay) == (False, True)
    assert second == first
    assert count_payments() == 1


def test_a_declined_payment_is_replayed_and_not_tried_anew(alice: User, order: Order) -> None:
    request = pay_request(order, card(number="4000000000000002"))
    assert Caller(alice).call(PAY, request, key="key-1") == Caller(alice).call(PAY, request, key="key-1")
    assert count_payments() == 1


def test_the_key_with_another_card_is_refused(alice: User, order: Order) -> None:
    Caller(alice).call(PAY, pay_request(order), key="key-1")
    with pytest.raises(KeyReused):
        Caller(alice).call(PAY, pay_request(order, card(cvc="999")), key="key-1")
    assert count_payments() == 1


def test_a_payment_that_is_refused_frees_the_key(alice: User, order: Order) -> None:
    for request in (pay_request(order, card(cvc="1")), pay_request(order, amount="1.00")):
        with pytest.raises(Invalid):
            Caller(alice).call(PAY, request, key="key-1")
        assert records() == []
    Caller(alice).call(PAY, pay_request(order), key="key-1")


def test_while_the_first_payment_runs_the_second_is_told_to_come_again(alice: User, order: Order) -> None:
    Caller(alice).call(PAY, pay_request(order), key="key-1")
    with tenant_scope(order.tenant_id):
        IdempotencyRecord.objects.update(status=0, leased_until=clock.now() + LEASED_FOR)
        with pytest.raises(KeyInUse):
            Caller(alice).call(PAY, pay_request(order), key="key-1")
        IdempotencyRecord.objects.update(leased_until=clock.now() - LEASED_FOR)
    assert Caller(alice).call(PAY, pay_request(order), key="key-1").id
    assert count_payments() == 1


def test_nothing_of_the_card_is_stored(alice: User, order: Order) -> None:
    Caller(alice).call(PAY, pay_request(order), key="key-1")
    (record,) = records()
    stored = " ".join(map(str, [bytes(record.body).decode(), *(v for v in vars(record).values())]))
    assert VISA not in stored
    assert VISA[-4:] in stored
    assert "737" not in bytes(record.body).decode().replace(str(record.effect_id), "")


def test_a_payer_who_was_erased_is_in_no_replay(pool: Tenant, stray: Pet) -> None:
    order = OrderFactory.create(pet=stray)
    caller, request = Caller.nobody(pool), pay_request(order, card(billingAddress=ADDRESS))
    assert caller.call(PAY, request, key="key-1").card.name == "Ada Lovelace"
    with tenant_scope(pool.id):
        erase_payer(order_id=order.id, actor=SYSTEM)
    replayed, is_replay = caller.call_and_tell(PAY, request, key="key-1")
    assert is_replay
    assert (replayed.card.name, replayed.card.HasField("billing_address")) == ("", False)
    assert replayed.card.last4 == VISA[-4:]
