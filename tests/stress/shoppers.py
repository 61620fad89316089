"""Customers over HTTP who do not mind that the server dies under them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from threading import Event, Thread
from uuid import UUID

import httpx

from tenants.models import Tenant

CLIENTS = 8
PATIENCE = 30


class Shoppers:
    """They order a pet, cancel, and go on with the next one.

    Attributes:
        acknowledged: the orders that were answered with 201.
    """

    def __init__(self, address: str, shop: Tenant, pets: Sequence[UUID]) -> None:
        self.acknowledged: set[UUID] = set()
        self._home_time = Event()
        self._client = httpx.Client(base_url=address, headers={"X-Tenant-ID": str(shop.id)}, timeout=PATIENCE)
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
        self._client.close()

    def _shop(self, pets: Sequence[UUID]) -> None:
        for pet_id in cycle(pets):
            if self._home_time.is_set():
                return
            try:
                self._buy(pet_id)
            except httpx.TransportError:
                continue

    def _buy(self, pet_id: UUID) -> None:
        answer = self._client.post("/v1/orders", json={"petId": str(pet_id)})
        if answer.status_code == httpx.codes.CREATED:
            self.acknowledged.add(UUID(answer.json()["id"]))
            self._client.delete(f"/v1/orders/{answer.json()['id']}")


@contextmanager
def shopping(address: str, shop: Tenant, pets: Sequence[UUID]) -> Iterator[Shoppers]:
    """Some of them, who leave at the end."""
    shoppers = Shoppers(address, shop, pets)
    try:
        yield shoppers
    finally:
        shoppers.close()
