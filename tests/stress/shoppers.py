"""Customers over HTTP who do not mind that the server dies under them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from threading import Event, Thread
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from tenants.models import Tenant
from tests.payments.sources import card

CLIENTS = 8
PATIENCE = 30
AGAIN_SECONDS = 0.1

_S = TypeVar("_S", bound="Shoppers")


class Shoppers:
    """They order a pet, cancel, and go on with the next one.

    Attributes:
        acknowledged: the orders that were answered with 201.
    """

    def __init__(self, address: str, shop: Tenant, pets: Sequence[UUID]) -> None:
        self.acknowledged: set[UUID] = set()
        self._home_time = Event()
        self.client = httpx.Client(base_url=address, headers={"X-Tenant-ID": str(shop.id)}, timeout=PATIENCE)
        parts = [pets[number::CLIENTS] for number in range(CLIENTS)]
        self._threads = [Thread(target=self._shop, args=(part,), daemon=True) for part in parts]
        for thread in self._threads:
            thread.start()

    def go_home(self, serve: Callable[[], object]) -> None:
        """Let each finish, with a server that answers them."""
        self._home_time.set()
        serve()
        for thread in self._threads:
            thread.join(PATIENCE)

    def close(self) -> None:
        self._home_time.set()
        self.client.close()

    def _shop(self, pets: Sequence[UUID]) -> None:
        for pet_id in cycle(pets):
            if self._home_time.is_set():
                return
            try:
                self.buy(pet_id)
            except httpx.TransportError:
                continue

    def buy(self, pet_id: UUID) -> None:
        """One round with one pet."""
        answer = self.client.post("/v1/orders", json={"petId": str(pet_id)})
        if answer.status_code == httpx.codes.CREATED:
            self.acknowledged.add(UUID(answer.json()["id"]))
            self.client.delete(f"/v1/orders/{answer.json()['id']}")


class Payers(Shoppers):
    """They pay before they cancel, and ask again where the service asks them to.

    Attributes:
        answers: how often each status was answered.
        unclean: answers that are none of the documented ones.
    """

    def __init__(self, address: str, shop: Tenant, pets: Sequence[UUID]) -> None:
        self.answers: Counter[int] = Counter()
        self.unclean: list[str] = []
        super().__init__(address, shop, pets)

    def buy(self, pet_id: UUID) -> None:
        """One order a key, whatever becomes of the first answer."""
        headers = {"Idempotency-Key": str(uuid4())}
        order = self._sent("POST", "/v1/orders", json={"petId": str(pet_id)}, headers=headers)
        path, money = f"/v1/orders/{order['id']}", {"amount": order["totalAmount"], "currency": order["currency"]}
        self.acknowledged.add(UUID(order["id"]))
        self._sent("POST", f"{path}/payment", json={**money, "source": card()})
        self._sent("DELETE", path)

    def _sent(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """What is answered once the service does not ask to come again."""
        while True:
            answer = self.client.request(method, path, **request)
            self.answers[answer.status_code] += 1
            if answer.status_code not in _EXPECTED or (answer.is_error and not _is_clean(answer)):
                self.unclean.append(f"{answer.status_code} {answer.text}")
            if "Retry-After" not in answer.headers:
                return dict(answer.json()) if answer.content else {}
            time.sleep(AGAIN_SECONDS)


_EXPECTED = (201, 204, 409, 503)


def _is_clean(answer: httpx.Response) -> bool:
    """A problem, and where the service cannot work one that says when to come again."""
    is_problem = answer.headers["Content-Type"] == "application/problem+json"
    return is_problem and (answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or "Retry-After" in answer.headers)


@contextmanager
def shopping(kind: type[_S], address: str, shop: Tenant, pets: Sequence[UUID]) -> Iterator[_S]:
    """Some of them, who leave at the end."""
    shoppers = kind(address, shop, pets)
    try:
        yield shoppers
    finally:
        shoppers.close()
