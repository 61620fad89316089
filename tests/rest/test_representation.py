"""The fast way out, `petstore.interfaces.representation.compilation`, gives byte for byte what the serializer would."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from orders.models import Order, OrderTransition
from orders.snapshots import snapshot_order
from orders.states import Status
from payments.models import Payment
from payments.snapshots import snapshot_payment
from payments.sources import without_payer
from pets.models import Pet, PetPhoto
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.representation.orders import OrderOutput, TransitionOutput
from petstore.interfaces.representation.payments import PaymentOutput
from petstore.interfaces.representation.pets import PetOutput
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.representation.users import UserOutput
from petstore.interfaces.rest.renderers import JSONRenderer
from public_events.representation import represent_order, represent_payment
from tenants.scoping import SHARED_POOL_ID
from tests.payments.sources import ADDRESS, bank_account, card, parsed

fuzzed = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # a bound
TENANTS = st.uuids() | st.just(SHARED_POOL_ID)
AMOUNTS = st.decimals(0, 10**10 - 1, places=2) | st.just(Decimal(150)) | st.just(Decimal("0E+1"))
TEXTS = st.text(max_size=30) | st.just("")
CURRENCIES = st.sampled_from(["USD", "EUR"])
BOOLS = st.booleans()

ORDERS = st.builds(
    Order,
    id=st.uuids(),
    pet_id=st.uuids(),
    user_id=st.none() | st.uuids(),
    tenant_id=TENANTS,
    status=st.sampled_from(Status) | st.sampled_from([str(status) for status in Status]),
    total_amount=AMOUNTS,
    currency=CURRENCIES,
    created_at=TIMES,
    updated_at=TIMES,
)
STEPS = st.builds(
    OrderTransition,
    from_status=st.just("") | st.sampled_from(Status),
    to_status=st.sampled_from(Status),
    at=TIMES,
    by=TEXTS,
    reason=TEXTS,
)
USERS = st.builds(
    User,
    id=st.uuids(),
    tenant_id=TENANTS,
    username=TEXTS,
    email=TEXTS,
    first_name=TEXTS,
    last_name=TEXTS,
    phone=TEXTS,
    newsletter=BOOLS,
    notifications=BOOLS,
    created_at=TIMES,
    updated_at=TIMES,
)
PETS = st.builds(
    Pet,
    id=st.uuids(),
    tenant_id=TENANTS,
    species=st.sampled_from(Pet.Species),
    name=TEXTS,
    breed=TEXTS,
    age_months=st.integers(0, 2**31 - 1),
    size=st.just("") | st.sampled_from(Pet.Size),
    color=TEXTS,
    gender=st.just("") | st.sampled_from(Pet.Gender),
    good_with_kids=st.none() | BOOLS,
    price=AMOUNTS,
    currency=CURRENCIES,
    description=TEXTS,
    status=st.sampled_from(Pet.Status),
    spayed_neutered=BOOLS,
    vaccinated=BOOLS,
    microchipped=BOOLS,
    special_needs=BOOLS,
    health_notes=TEXTS,
    created_at=TIMES,
    updated_at=TIMES,
)


PAYMENTS = st.builds(
    Payment,
    id=st.uuids(),
    amount=AMOUNTS,
    currency=CURRENCIES,
    source=st.sampled_from([card(), card(billingAddress=ADDRESS), bank_account()]).map(
        lambda data: parsed(data).to_public()
    ),
    status=st.sampled_from(Payment.Status),
    created_at=TIMES,
)


@dataclass
class Album:
    """What the photos of a stored pet are."""

    photos: list[PetPhoto]

    def all(self) -> list[PetPhoto]:
        return self.photos


def _assert_same(output: type[OutputSerializer], row: Any) -> None:
    slow = JSONRenderer().render(output(row).data)
    assert render_json_bytes(compile_representation(output)(row)) == slow


@fuzzed
@given(order=ORDERS)
def test_an_order(order: Order) -> None:
    _assert_same(OrderOutput, order)


@fuzzed
@given(step=STEPS)
def test_a_step_of_its_history(step: OrderTransition) -> None:
    _assert_same(TransitionOutput, step)


@fuzzed
@given(payment=PAYMENTS)
def test_a_payment(payment: Payment) -> None:
    _assert_same(PaymentOutput, payment)


@fuzzed
@given(order=ORDERS)
def test_events_have_an_order_as_rest_has_it(order: Order) -> None:
    shown = json.loads(render_json_bytes(compile_representation(OrderOutput)(order)))
    del shown["tenantId"]  # that of the event
    assert represent_order(snapshot_order(order)) == shown


@fuzzed
@given(payment=PAYMENTS)
def test_events_have_a_payment_as_rest_has_it(payment: Payment) -> None:
    payment.source = without_payer(payment.source)  # the journal outlives the payer
    shown = json.loads(render_json_bytes(compile_representation(PaymentOutput)(payment)))
    assert represent_payment(snapshot_payment(payment)) == shown


@fuzzed
@given(user=USERS)
def test_a_user(user: User) -> None:
    _assert_same(UserOutput, user)


@fuzzed
@given(pet=PETS, urls=st.lists(TEXTS, max_size=3))
def test_a_pet_and_its_photos(pet: Pet, urls: list[str]) -> None:
    columns = {field.attname: getattr(pet, field.attname) for field in Pet._meta.concrete_fields}
    _assert_same(PetOutput, SimpleNamespace(**columns, photos=Album([PetPhoto(url=url) for url in urls])))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("totalAmount", Decimal(7), b'"7.00"'),
        ("createdAt", datetime(2025, 12, 21, 13, 56, 23, 999_999, UTC), b'"2025-12-21T13:56:23Z"'),
        ("tenantId", SHARED_POOL_ID, b"null"),
        ("userId", None, b"null"),
    ],
)
def test_values_look_as_the_contract_says(name: str, value: object, shown: bytes) -> None:
    row = Order(tenant_id=SHARED_POOL_ID, total_amount=Decimal(1))
    setattr(row, str(OrderOutput().fields[name].source), value)
    assert b'"%s":%s' % (name.encode(), shown) in render_json_bytes(compile_representation(OrderOutput)(row))
