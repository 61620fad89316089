"""500 card numbers through every field of a payment and every error: not one stays anywhere (guarantees, G7)."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
from stdnum import luhn

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tests.backoffice.screens import screen_of
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.payments.sources import ADDRESS, bank_account, card
from tests.rest.paying import payment_of
from tests.server.test_masking import captured_log
from tests.snapshots import snapshot
from tests.webhooks.delivering import publish_all_events

NUMBERS = 500
PAYMENTS = 20
"""Of cards and of bank accounts each: a payment needs an order of its own."""

Misplaced = Callable[[str], Any]
MISPLACED: tuple[Misplaced, ...] = (
    lambda number: {"source": card(number=number, cvc="9")},
    lambda number: {"source": card(number=f"{number[:-1]}{(int(number[-1]) + 1) % 10}", name=number)},
    lambda number: {"source": card(name=number)},
    lambda number: {"source": card(cvc=number)},
    lambda number: {"source": card(expMonth=number)},
    lambda number: {"source": card(expYear=int(number))},
    lambda number: {"source": card(billingAddress=ADDRESS | {"line1": f"Card {number}"})},
    lambda number: {"source": card(billingAddress=ADDRESS | {"city": number})},
    lambda number: {"source": card(billingAddress=ADDRESS | {"country": number})},
    lambda number: {"source": card(billingAddress=number)},
    lambda number: {"source": card() | {number: "1"}},
    lambda number: {"source": card() | {"numbr": number}},
    lambda number: {"source": {"object": number}},
    lambda number: {"source": bank_account(accountHolderName=number)},
    lambda number: {"source": bank_account(routingNumber=number)},
    lambda number: {"source": bank_account(accountType=number)},
    lambda number: {"source": number},
    lambda number: {"source": [number]},
    lambda number: {"amount": number},
    lambda number: {"amount": int(number)},
    lambda number: {"currency": number},
    lambda number: {number: number},
)


def _numbers() -> Iterator[str]:
    """Visa's, drawn from a seed."""
    dice = random.Random(7)
    while True:
        body = f"4{dice.randrange(10**14):014}"
        yield next(number for digit in range(10) if luhn.is_valid(number := f"{body}{digit}"))


@pytest.mark.usefixtures("sam")
def test_of_500_card_numbers_none_stays_anywhere(
    api: Client, acme: Tenant, alice: User, sam: User, capsys: pytest.CaptureFixture[str]
) -> None:
    source, used = _numbers(), set[str]()
    buyer, answers = api.as_(alice), list[str]()

    def fresh_number() -> str:
        used.add(number := next(source))
        return number

    with captured_log("json", name=""):
        for number in range(2 * PAYMENTS):
            order = OrderFactory.create(pet=PetFactory.create(tenant=acme), customer=alice)
            canary = fresh_number()
            paying = card(number=canary) if number % 2 else bank_account(accountNumber=canary)
            answers.append(_paid(buyer, order, paying, canary))
        order = OrderFactory.create(pet=PetFactory.create(tenant=acme), customer=alice)
        kinds = cycle(MISPLACED)
        while len(used) < NUMBERS:
            answers.append(_refused(buyer, order, next(kinds)(fresh_number())))
            answers.append(_elsewhere(buyer, fresh_number()))
        publish_all_events()
    log = "".join(capsys.readouterr())
    screen = screen_of(sam)
    pages = [screen.get("/admin/orders/order/"), screen.get(f"/admin/orders/order/{order.pk}/change/")]
    places = {
        "database": str(snapshot()),
        "log": log,
        "answers": "".join(answers),
        "pages": str([p.content for p in pages]),
    }
    assert {place for place, text in places.items() if any(number in text for number in used)} == set()


def _paid(buyer: Client, order: Order, source: dict[str, Any], canary: str) -> str:
    """With the number as the key and as the request's id, too."""
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": canary, "HTTP_X_REQUEST_ID": f"pay-{canary}"}
    answer = buyer.post(f"/v1/orders/{order.id}/payment", payment_of(order, source=source), **headers)
    assert (answer.status_code, answer.json()["status"]) == (201, "SUCCEEDED")
    return str((answer.content, answer.headers))


def _refused(buyer: Client, order: Order, changed: dict[str, Any]) -> str:
    answer = buyer.post(f"/v1/orders/{order.id}/payment", payment_of(order) | changed)
    assert answer.status_code == 400, changed
    return str(answer.content)


def _elsewhere(buyer: Client, number: str) -> str:
    """Where no card number belongs: in the path, in a header, in a body that is no JSON."""
    answers = [
        buyer.post(f"/v1/orders/{number}/payment", {}),
        Client().get("/v1/orders", HTTP_AUTHORIZATION=f"Bearer {number}"),
        buyer.generic("POST", f"/v1/orders/{number}/payment", json.dumps(card(number=number))[:-1], "application/json"),
    ]
    assert {answer.status_code for answer in answers} <= {400, 401, 404}
    return str([answer.content for answer in answers])


def test_the_search_finds_a_number_that_is_kept(rex: Pet, acme: Tenant) -> None:
    number = next(_numbers())
    PetFactory.create(tenant=acme, name=number)
    assert number in str(snapshot())


def test_a_problem_names_a_path_whose_ids_look_like_card_numbers(db: None, api: Client) -> None:
    path = "/v1/orders/01a1ffc5-4242-4242-8242-424242424242/payments"
    assert api.get(path).json()["instance"] == path
