"""Refusals: REST's problem as a status code and `google.rpc.Status` (contract, Errors; gRPC)."""

import base64
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

from accounts.models import User
from idempotency.errors import KeyInUse, KeyReused
from kernel.errors import DomainError, FieldFault, Invalid, Kind
from orders.models import Order
from petstore.interfaces.calls import RateLimitExceeded
from petstore.interfaces.grpc.refusals import CODES, Refusal, build_refusal
from petstore.interfaces.grpc.stubs import orders_pb2
from petstore.interfaces.http import problems
from petstore.interfaces.http.search_limit import SearchIsBusy
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.grpc.calling import NOBODY, Caller
from tests.grpc.paying import pay_request
from tests.orders.moving import order_in
from tests.payments.sources import VISA, card

PATH = "/petstore.v1.PetService/GetPet"
TRAILER_BYTES = 8192


def refuse(error: Exception) -> Refusal:
    return build_refusal(error, instance=PATH, request_id="request-1")


def read_details(refusal: Refusal) -> dict[type[Message], Any]:
    """The details by their types; the status in them is that of the refusal."""
    status = Status.FromString(refusal.details)
    assert (status.code, status.message) == (refusal.code, refusal.message)
    found = {}
    for packed in status.details:
        kind = next(kind for kind in (ErrorInfo, RequestInfo, BadRequest, RetryInfo) if packed.Is(kind.DESCRIPTOR))
        found[kind] = kind.FromString(packed.value)
    return found


def error_of(kind_of: Kind) -> DomainError:
    """A refusal of this kind."""
    refused = type("Refused", (DomainError,), {"kind": kind_of, "title": "Refused"})()
    assert isinstance(refused, DomainError)
    return refused


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_refusal_has_a_code(kind: Kind) -> None:
    assert refuse(error_of(kind)).code not in (code_pb2.OK, code_pb2.UNKNOWN)


def test_every_slug_has_a_code() -> None:
    impossible = {"method-not-allowed", "not-acceptable"}
    slugs = {slug for _, slug in (*problems._OF_KIND.values(), *problems._OF_STATUS.values())}  # noqa: SLF001  # all of them
    known = {slug for slug in slugs if slug.islower() and " " not in slug}
    assert known - impossible <= CODES.keys()


@pytest.mark.parametrize(
    ("error", "code", "wait"),
    [
        (Invalid("Malformed."), code_pb2.INVALID_ARGUMENT, None),
        (Invalid.for_field("petId", "Give a UUID."), code_pb2.INVALID_ARGUMENT, None),
        (error_of(Kind.UNAUTHENTICATED), code_pb2.UNAUTHENTICATED, None),
        (error_of(Kind.FORBIDDEN), code_pb2.PERMISSION_DENIED, None),
        (error_of(Kind.NOT_FOUND), code_pb2.NOT_FOUND, None),
        (error_of(Kind.CONFLICT), code_pb2.FAILED_PRECONDITION, None),
        (KeyInUse(), code_pb2.ABORTED, 1),
        (error_of(Kind.STALE), code_pb2.ABORTED, None),
        (error_of(Kind.TOO_LARGE), code_pb2.RESOURCE_EXHAUSTED, None),
        (KeyReused(), code_pb2.INVALID_ARGUMENT, None),
        (RateLimitExceeded(44), code_pb2.RESOURCE_EXHAUSTED, 44),
        (SearchIsBusy(), code_pb2.UNAVAILABLE, 1),
        (OperationalError("secret host"), code_pb2.UNAVAILABLE, 1),
        (ZeroDivisionError("secret"), code_pb2.INTERNAL, None),
    ],
)
def test_a_refusal_has_its_code_and_says_when_to_come_again(error: Exception, code: int, wait: int | None) -> None:
    refusal = refuse(error)
    details = read_details(refusal)
    assert refusal.code == code
    assert details[RequestInfo].request_id == "request-1"
    assert (details[RetryInfo].retry_delay.seconds if RetryInfo in details else None) == wait
    assert b"secret" not in refusal.details + refusal.message.encode()


def test_the_details_are_the_problem() -> None:
    details = read_details(refuse(KeyReused()))
    assert details[ErrorInfo] == ErrorInfo(
        reason="IDEMPOTENCY_KEY_REUSED",
        domain="petstoreapi.com",
        metadata={
            "type": "https://petstoreapi.com/errors/idempotency-key-reused",
            "title": "This Idempotency-Key was used with another request",
            "status": "422",
            "instance": PATH,
        },
    )


def test_fields_are_named_as_in_the_message_with_the_code_as_the_reason() -> None:
    faults = (FieldFault("pet.age_months", "Give less.", "max_value"), FieldFault("card.billingAddress.line1", "No."))
    violations = read_details(refuse(Invalid(faults=faults)))[BadRequest].field_violations
    assert [(v.field, v.description, v.reason) for v in violations] == [
        ("pet.age_months", "Give less.", "MAX_VALUE"),
        ("card.billing_address.line1", "No.", "INVALID"),
    ]


@pytest.mark.parametrize("message", ["Give a text.", "ü" * 500])
def test_any_number_of_faults_fits_into_the_trailers(message: str) -> None:
    faults = tuple(FieldFault(f"pet.photos.{number}", message) for number in range(1000))
    refusal = refuse(Invalid(faults=faults))
    kept = read_details(refusal)[BadRequest].field_violations
    assert 1 <= len(kept) < 1000
    assert kept[0].field == "pet.photos.0"
    assert len(base64.b64encode(refusal.details)) + 3 * len(refusal.message) < TRAILER_BYTES


def test_a_defect_is_logged_and_says_nothing_but_the_request_id(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        refusal = refuse(ZeroDivisionError("secret"))
    assert "ZeroDivisionError: secret" in caplog.text
    assert refusal.message == "Something went wrong on our side."
    assert read_details(refusal)[ErrorInfo].reason == "INTERNAL_SERVER_ERROR"


def test_a_refusal_that_is_no_defect_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        refuse(KeyReused())
    assert caplog.text == ""


Case = Callable[[Order, Order], tuple[str, Message, str, str, dict[str, Any] | None]]
"""A call, and the request to REST that is refused alike; of one's own order and of another's."""

CASES: dict[str, Case] = {
    "an order of nothing": lambda _own, _other: (
        "OrderService/GetOrder",
        orders_pb2.GetOrderRequest(id=NOBODY),
        "get",
        f"/v1/orders/{NOBODY}",
        None,
    ),
    "another's order": lambda _own, other: (
        "OrderService/GetOrder",
        orders_pb2.GetOrderRequest(id=str(other.id)),
        "get",
        f"/v1/orders/{other.id}",
        None,
    ),
    "a pet that is taken": lambda own, _other: (
        "OrderService/CreateOrder",
        orders_pb2.CreateOrderRequest(pet_id=str(own.pet_id)),
        "post",
        "/v1/orders",
        {"petId": str(own.pet_id)},
    ),
    "a pet of nothing": lambda _own, _other: (
        "OrderService/CreateOrder",
        orders_pb2.CreateOrderRequest(pet_id=NOBODY),
        "post",
        "/v1/orders",
        {"petId": NOBODY},
    ),
    "an id that is none, as a value": lambda _own, _other: (
        "OrderService/CreateOrder",
        orders_pb2.CreateOrderRequest(pet_id="7"),
        "post",
        "/v1/orders",
        {"petId": "7"},
    ),
    "another's order, to cancel": lambda _own, other: (
        "OrderService/CancelOrder",
        orders_pb2.CancelOrderRequest(id=str(other.id)),
        "delete",
        f"/v1/orders/{other.id}",
        None,
    ),
    "another amount": lambda own, _other: (
        "OrderService/PayOrder",
        pay_request(own, amount="1.00"),
        "post",
        f"/v1/orders/{own.id}/payment",
        {"amount": "1.00", "currency": "USD", "source": card()},
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES)
def test_a_call_is_refused_as_rest_s_is(api: Client, alice: User, bob: User, case: str) -> None:
    own = OrderFactory.create(tenant=alice.tenant, customer=alice)
    other = OrderFactory.create(tenant=alice.tenant, customer=bob)
    name, request, verb, path, body = CASES[case](own, other)
    rest = getattr(api.as_(alice), verb)(path, body).json()
    with pytest.raises(Exception) as refused:  # noqa: PT011  # whatever it is
        Caller(alice).call(name, request)
    refusal = build_refusal(refused.value, instance=path, request_id="")
    info = read_details(refusal)[ErrorInfo]
    assert dict(info.metadata) == {name: str(rest[name]) for name in ("type", "title", "status", "instance")}
    assert refusal.message == rest["detail"]
    violations = read_details(refusal)[BadRequest].field_violations if "errors" in rest else []
    assert [(v.description, v.reason.lower()) for v in violations] == [
        (error["message"], error["code"]) for error in rest.get("errors", [])
    ]


@pytest.mark.django_db
def test_a_card_is_in_no_refusal(alice: User) -> None:
    order = order_in("CANCELLED", tenant=alice.tenant, customer=alice)  # type: ignore[arg-type]  # a StrEnum's word
    PetFactory.create(tenant=alice.tenant)
    for source in (card(), card(number=f"{VISA[:-1]}1"), card(name=VISA)):
        with pytest.raises(DomainError) as refused:
            Caller(alice).call("OrderService/PayOrder", pay_request(order, source))
        assert VISA[:12].encode() not in refuse(refused.value).details
