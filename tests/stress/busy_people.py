"""People who keep a store busy and forgive it nothing: each answer must be the one that they expect."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.factories import PASSWORD
from tests.payments.sources import card
from tests.rest.listening import Heard, read_events

SITE = "shop.example"
PAUSE_SECONDS = 0.02


@dataclass
class Ledger:
    """What they were answered.

    Attributes:
        answers: how often each kind of request was answered as expected.
        failed: the other answers, and connections that broke.
        orders: the ids of the orders that were acknowledged.
    """

    answers: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)


class Person:
    """A caller of the site behind the proxy, who opens a connection for each request.

    A proxy whose configuration is loaded anew closes connections that are idle at that moment, as HTTP allows.
    """

    def __init__(self, port: int, ledger: Ledger, **headers: str) -> None:
        no_idle_ones = httpx.Limits(max_keepalive_connections=0)
        transport = httpx.HTTPTransport(verify=False, limits=no_idle_ones)  # the certificate is of a test
        self._ledger = ledger
        self.client = httpx.Client(
            transport=transport, base_url=f"https://127.0.0.1:{port}", headers={"Host": SITE, **headers}, timeout=30
        )

    def ask(self, kind: str, method: str, path: str, expected: int, **request: Any) -> httpx.Response | None:
        """Return the answer; None where it was not what is expected."""
        try:
            answer = self.client.request(method, path, extensions={"sni_hostname": SITE}, **request)
        except httpx.TransportError as error:
            self._ledger.failed.append(f"{kind}: {error!r}")
            return None
        if answer.status_code != expected:
            self._ledger.failed.append(f"{kind}: {answer.status_code} {answer.text[:300]}")
            return None
        self._ledger.answers[kind] += 1
        return answer

    def log_in(self, username: str) -> None:
        answer = self.ask("log in", "POST", "/v1/auth/tokens", 200, json={"username": username, "password": PASSWORD})
        assert answer is not None, self._ledger.failed
        self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def sign_up(self, username: str) -> None:
        person = {"username": username, "firstName": "Ada", "lastName": "Low", "email": f"{username}@example.com"}
        answer = self.ask("sign up", "POST", "/v1/users", 201, json=person | {"password": PASSWORD})
        assert answer is not None, self._ledger.failed
        self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def add_pet(self) -> str:
        rex = {"name": "Rex", "species": "DOG", "ageMonths": 18, "price": "150.00"}
        answer = self.ask("add a pet", "POST", "/v1/pets", 201, json=rex)
        assert answer is not None, self._ledger.failed
        return str(answer.json()["id"])

    def place_order(self, pet: str) -> dict[str, Any] | None:
        """Place an order, and once more with the same key, which is the same order."""
        request = {"json": {"petId": pet}, "headers": {"Idempotency-Key": str(uuid4())}}
        first = self.ask("place", "POST", "/v1/orders", 201, **request)
        again = self.ask("place again", "POST", "/v1/orders", 201, **request)
        if first is None or again is None:
            return None
        if again.json()["id"] != first.json()["id"] or "Idempotent-Replayed" not in again.headers:
            self._ledger.failed.append(f"place again: {again.text[:300]}")
        self._ledger.orders.add(first.json()["id"])
        return dict(first.json())

    def pay(self, order: dict[str, Any]) -> None:
        body = {"amount": order["totalAmount"], "currency": order["currency"], "source": card()}
        key = {"Idempotency-Key": str(uuid4())}
        self.ask("pay", "POST", f"/v1/orders/{order['id']}/payment", 201, json=body, headers=key)

    def cancel(self, order: dict[str, Any]) -> None:
        self.ask("cancel", "DELETE", f"/v1/orders/{order['id']}", 204)


def buy_and_cancel(person: Person, pet: str) -> None:
    """One round of a customer with a pet."""
    order = person.place_order(pet)
    if order is None:
        return
    person.ask("read", "GET", f"/v1/orders/{order['id']}", 200)
    person.pay(order)
    person.ask("list", "GET", "/v1/orders?limit=5", 200)
    person.ask("history", "GET", f"/v1/orders/{order['id']}/history", 200)
    person.cancel(order)


def look_around(person: Person) -> None:
    """One round of an admin."""
    for kind in ("orders", "audit-logs"):
        first = person.ask(f"admin {kind}", "GET", f"/v1/admin/{kind}?limit=5", 200)
        link = first.json()["links"]["next"] if first is not None else None
        if link:
            target = urlsplit(link)
            person.ask(f"admin {kind}, next", "GET", f"{target.path}?{target.query}", 200)
    person.ask("pets", "GET", "/v1/pets?status=ALL&limit=20", 200)
    person.ask("statistics", "GET", "/v1/admin/dashboard/stats", 200)


class WatchedOrder:
    """An order whose events its customer hears live, whichever release tells them.

    Attributes:
        story: what was told so far.
    """

    def __init__(self, person: Person, order: dict[str, Any], ledger: Ledger) -> None:
        self._person, self._order, self._ledger = person, order, ledger
        self.story: list[str] = []

    def pay(self) -> None:
        self._person.pay(self._order)

    def cancel(self) -> None:
        self._person.cancel(self._order)

    def watch(self) -> None:
        """Hear its events; where the stream ends go on after the last one, until there are no more."""
        last = ""
        try:
            while (heard := self._hear_stream({"Last-Event-ID": last} if last else {})) is not None:
                self.story += [one.data.get("newStatus") or one.event for one in heard]
                last = heard[-1].id if heard else last
        except httpx.TransportError as error:
            self._ledger.failed.append(f"watch: {error!r}")

    def _hear_stream(self, headers: dict[str, str]) -> list[Heard] | None:
        """Return what a stream tells to its end; None where there is nothing more to tell."""
        path, named = f"/v1/orders/{self._order['id']}/events", {"sni_hostname": SITE}
        with self._person.client.stream("GET", path, headers=headers, extensions=named) as answer:
            if answer.status_code == httpx.codes.OK:
                self._ledger.answers["watch"] += 1
                return read_events(b"".join(answer.iter_raw()))
            if answer.status_code != httpx.codes.NO_CONTENT:
                self._ledger.failed.append(f"watch: {answer.status_code}")
            return None


@contextmanager
def repeating(rounds: Sequence[Callable[[], None]]) -> Iterator[None]:
    """Each of them again and again, in a thread of its own, until the block ends; each ends its round."""
    done, errors = threading.Event(), []

    def repeat(run_round: Callable[[], None]) -> None:
        while not done.is_set():
            try:
                run_round()
            except Exception as error:  # noqa: BLE001  # raised below, where the test sees it
                errors.append(error)
                return
            time.sleep(PAUSE_SECONDS)

    threads = [threading.Thread(target=repeat, args=(one,), daemon=True) for one in rounds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(60)
    if errors:
        raise errors[0]
