"""One operation is one thing on every protocol: what it gives, what it refuses and what it leaves behind."""

import json
import re
from collections.abc import Callable

import pytest

from accounts.models import User
from events.models import AuditEvent
from orders.models import Order
from orders.states import Status
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.factories import OrderFactory, PetFactory
from tests.orders.moving import order_in
from tests.protocols.speakers import OPERATIONS, SPEAKERS, Speaker, Told
from tests.rest.tokens import access, suspend
from tests.snapshots import snapshot

pytestmark = pytest.mark.django_db

OTHERS = [name for name in SPEAKERS if name != "REST"]
NOTHING = "019b4139-1234-7abc-8def-123456789abc"
"""An id that nothing has."""

Speak = Callable[[str], Speaker]


@pytest.fixture
def speak(acme: Tenant, alice: User) -> Speak:
    """Alice, at home, on a protocol."""
    token = access(alice)
    return lambda name: SPEAKERS[name](token, acme)


def name_subject(operation: str, pet: Pet, order: Order) -> str:
    """The id that an operation takes."""
    return {"list_pets": "", "get_pet": str(pet.id), "create_order": str(pet.id)}.get(operation, str(order.id))


def count_orders() -> int:
    with all_tenants(reason="a test counts"):
        return Order.objects.count()


@pytest.mark.parametrize("name", OTHERS)
def test_an_order_is_the_same_on_each_field_by_field(speak: Speak, acme: Tenant, alice: User, name: str) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    expected = speak("REST").call("get_order", str(order.id))
    assert expected.data["userId"] == str(alice.id)
    assert speak(name).call("get_order", str(order.id)) == expected


@pytest.mark.parametrize("name", OTHERS)
def test_a_stranger_s_order_of_the_pool_is_the_same_on_each(pool: Tenant, name: str) -> None:
    order = OrderFactory.create()
    expected = SPEAKERS["REST"](None, pool).call("get_order", str(order.id))
    assert expected.data.keys() & {"userId", "tenantId"} == set()
    assert SPEAKERS[name](None, pool).call("get_order", str(order.id)) == expected


@pytest.mark.parametrize("name", OTHERS)
def test_a_pet_and_the_list_are_the_same_on_each(speak: Speak, acme: Tenant, rex: Pet, mia: Pet, name: str) -> None:
    PetFactory.create(tenant=acme, name="Ada", breed="", description="Line one\nand <two> & “three”")
    for operation in ("get_pet", "list_pets"):
        expected = speak("REST").call(operation, str(rex.id))
        assert expected.problem == {}
        assert speak(name).call(operation, str(rex.id)) == expected
    assert len(speak(name).call("list_pets").data["data"]) == 2


@pytest.mark.parametrize("name", SPEAKERS)
def test_an_order_is_placed_and_cancelled_on_each_as_rest_shows_it(speak: Speak, rex: Pet, name: str) -> None:
    placed = speak(name).call("create_order", str(rex.id))
    assert placed.data["status"] == "PLACED"
    assert speak("REST").call("get_order", placed.data["id"]) == placed
    cancelled = speak(name).call("cancel_order", placed.data["id"])
    assert cancelled.data["status"] == "CANCELLED"
    assert speak("REST").call("get_order", placed.data["id"]) == cancelled


@pytest.fixture
def delivered(acme: Tenant, alice: User) -> Order:
    return order_in(Status.DELIVERED, tenant=acme, customer=alice)


REFUSALS = [
    ("get_pet", NOTHING, 404),
    ("get_order", NOTHING, 404),
    ("cancel_order", NOTHING, 404),
    ("create_order", "nonsense", 400),
    ("create_order", NOTHING, 404),
    ("create_order", "the pet of an order", 409),
    ("cancel_order", "a delivered order", 409),
]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize(("operation", "subject", "status"), REFUSALS)
def test_a_refusal_is_the_same_problem_on_each_and_changes_nothing(
    speak: Speak, delivered: Order, name: str, operation: str, subject: str, status: int
) -> None:
    named = {"the pet of an order": str(delivered.pet_id), "a delivered order": str(delivered.id)}.get(subject, subject)
    expected = speak("REST").call(operation, named)
    assert expected.problem["status"] == status
    assert (expected.problem["errors"] != []) == (status == 400)
    before = snapshot()
    assert speak(name).call(operation, named) == expected
    assert snapshot() == before


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("operation", ["get_pet", "get_order", "cancel_order"])
def test_an_id_that_is_none_is_like_one_that_nothing_has(speak: Speak, name: str, operation: str) -> None:
    expected = speak("REST").call(operation, NOTHING)
    assert expected.problem["status"] == 404
    assert speak(name).call(operation, "nonsense") == expected


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one != "list_pets"])
def test_a_row_of_another_tenant_is_as_if_it_never_was(
    speak: Speak, globex: Tenant, charlie: User, mia: Pet, name: str, operation: str
) -> None:
    theirs = OrderFactory.create(tenant=globex, customer=charlie)
    own = SPEAKERS[name](access(charlie), globex)
    assert own.call("get_order", str(theirs.id)).data["id"] == str(theirs.id)
    before = snapshot()
    refused = speak(name).call(operation, name_subject(operation, mia, theirs))
    assert refused == speak(name).call(operation, NOTHING)
    assert refused.problem["status"] == 404
    assert snapshot() == before


@pytest.mark.parametrize("name", SPEAKERS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_suspended_user_is_out_on_each(
    speak: Speak, acme: Tenant, alice: User, rex: Pet, name: str, operation: str
) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    speaker, subject = speak(name), name_subject(operation, rex, order)
    assert speaker.call("get_order", str(order.id)).problem == {}
    suspend(alice)
    expected = speak("REST").call(operation, subject)
    before = snapshot()
    assert speaker.call(operation, subject) == expected
    assert expected.problem["status"] == 401
    assert snapshot() == before


def test_an_idempotency_key_holds_within_each_protocol_and_is_shared_by_none(speak: Speak, acme: Tenant) -> None:
    placed: dict[str, Told] = {}
    for name in SPEAKERS:
        pet = str(PetFactory.create(tenant=acme).id)
        placed[name] = speak(name).call("create_order", pet, key="key-1")
        assert placed[name].data["petId"] == pet
        assert speak(name).call("create_order", pet, key="key-1") == placed[name]
    assert len({one.data["id"] for one in placed.values()}) == len(SPEAKERS) == count_orders()


@pytest.mark.parametrize("name", SPEAKERS)
def test_the_same_key_with_another_pet_is_refused_on_each(speak: Speak, acme: Tenant, rex: Pet, name: str) -> None:
    other = str(PetFactory.create(tenant=acme).id)
    speak(name).call("create_order", str(rex.id), key="key-1")
    assert speak(name).call("create_order", other, key="key-1").problem["status"] == 422
    assert count_orders() == 1


def test_the_journal_says_the_same_of_each_with_the_call_s_request_id(speak: Speak, acme: Tenant) -> None:
    written = {}
    for name in SPEAKERS:
        pet = str(PetFactory.create(tenant=acme).id)
        order = speak(name).call("create_order", pet, request_id=f"placed-{name}").data["id"]
        speak(name).call("cancel_order", order, request_id=f"cancelled-{name}")
        written[name] = _read_journal(order, pet, name)
    assert len(written["REST"]) >= 2
    assert [row[2] for row in written["REST"]][:2] == ["placed-NAME", "cancelled-NAME"]
    assert {name: rows == written["REST"] for name, rows in written.items()} == dict.fromkeys(SPEAKERS, True)


def _read_journal(order: str, pet: str, name: str) -> list[tuple[str, ...]]:
    """An order's rows, with names in the place of what differs from one order to the next."""
    with all_tenants(reason="a test reads"):
        events = AuditEvent.objects.filter(entity_id=order).order_by("created_at", "id")
        rows = [
            (one.action, json.dumps(one.details, sort_keys=True), one.request_id, str(one.actor_id)) for one in events
        ]
    differing = (
        (order, "ORDER"),
        (pet, "PET"),
        (rf"(?<=-){name}\b", "NAME"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "TIME"),
    )
    return [tuple(_replace_all(text, differing) for text in row) for row in rows]


def _replace_all(text: str, differing: tuple[tuple[str, str], ...]) -> str:
    for pattern, word in differing:
        text = re.sub(pattern, word, text)
    return text
