"""Customers of a store on many machines: they order, pay, watch and cancel, and come again where an answer fails."""

import json
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

CUSTOMERS, WATCHERS = 4, 2
AGAIN_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0
PATIENCE_SECONDS = 60.0
TIMEOUT = httpx.Timeout(8.0, connect=2.0)
CARD = {
    "object": "card", "name": "Ada Lovelace", "number": "4242424242424242", "cvc": "737", "expMonth": 12,
    "expYear": 2030,
}  # fmt: skip
STEPS = ["PLACED", "APPROVED", "CANCELLED"]
LAST = "CANCELLED"


logging.getLogger("websockets").setLevel(logging.CRITICAL)


class GaveUp(Exception):
    """A request was not answered well for a minute."""


@dataclass(slots=True)
class Seen:
    """All that customers of one fault have seen.

    Attributes:
        first: the first attempts, each with its time and whether it was good.
        failed_again: requests of which the second attempt failed, too.
        reasons: of failed attempts.
        acknowledged: the orders of which we were told so, and when.
        paid: those of them of whose payment we were told.
        unclear: requests that were never answered well, so that we do not know what became of them.
        wrong: answers that contradict what was asked.
        breaks: sockets that ended before their order did.
        unseen: steps that a watcher was never told of.
        doubled: events that a watcher got twice.
    """

    first: list[tuple[float, bool]] = field(default_factory=list)
    failed_again: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, float] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    unclear: int = 0
    wrong: list[str] = field(default_factory=list)
    breaks: int = 0
    unseen: int = 0
    doubled: int = 0

    @property
    def failed(self) -> int:
        """Requests of which the first attempt failed."""
        return sum(not is_good for _, is_good in self.first)

    def seconds_to_recover(self, fault_at: float, row: int = 10) -> float:
        """Count the seconds from a fault to the first of ten good answers in a row; none where nothing failed."""
        later = sorted(seen for seen in self.first if seen[0] >= fault_at)
        first_bad = next((number for number, (_, is_good) in enumerate(later) if not is_good), None)
        if first_bad is None:
            return 0.0
        for start in range(first_bad + 1, len(later) - row + 1):
            if all(is_good for _, is_good in later[start : start + row]):
                return later[start][0] - fault_at
        return float("inf")


class Customers:
    """Some who order, pay and cancel, some who watch what becomes of their orders, one who reads."""

    def __init__(self, addresses: Sequence[str], tenant: str, pets: Sequence[str]) -> None:
        self.seen = Seen()
        self.addresses, self.tenant = addresses, tenant
        self._home_time = threading.Event()
        parts = [pets[number :: CUSTOMERS + WATCHERS] for number in range(CUSTOMERS + WATCHERS)]
        work = [(self._shop, part) for part in parts[:CUSTOMERS]] + [(self._watch, part) for part in parts[CUSTOMERS:]]
        self._threads = [threading.Thread(target=run, args=(part,), daemon=True) for run, part in work]
        self._threads.append(threading.Thread(target=self._read, daemon=True))

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def go_home(self) -> None:
        """Let each finish what it has begun."""
        self._home_time.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_SECONDS)

    def _shop(self, pets: Sequence[str]) -> None:
        with closing(_Caller(self)) as caller:
            for pet in self._until_home(pets):
                order = caller.place_order(pet)
                caller.pay_order(order)
                caller.cancel_order(order)

    def _watch(self, pets: Sequence[str]) -> None:
        """Watch each order, by a web socket and by server-sent events in turns, and cancel it while it is watched."""
        with closing(_Caller(self)) as caller:
            for number, pet in enumerate(self._until_home(pets)):
                order = caller.place_order(pet)
                watch = _Watch(self, order["id"], is_socket=number % 2 == 0)
                watch.begin()
                caller.pay_order(order)
                self._home_time.wait(random.uniform(1, 6))
                caller.cancel_order(order)
                watch.finish()

    def _read(self) -> None:
        with closing(_Caller(self)) as caller:
            while not self._home_time.wait(0.1):
                caller.ask("GET", "/v1/pets?limit=5", {200})

    def _until_home(self, pets: Sequence[str]) -> Iterator[str]:
        for pet in cycle(pets):
            if self._home_time.is_set():
                return
            try:
                yield pet
            except GaveUp:
                return


class _Caller:
    """One customer, with connections of their own; the second attempt goes to the other balancer."""

    def __init__(self, customers: Customers) -> None:
        self._seen = customers.seen
        headers = {"X-Tenant-ID": customers.tenant}
        addresses = list(customers.addresses)
        random.shuffle(addresses)
        self._clients = [httpx.Client(base_url=address, headers=headers, timeout=TIMEOUT) for address in addresses]

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def place_order(self, pet: str) -> dict[str, Any]:
        order = self.ask("POST", "/v1/orders", {201}, json={"petId": pet}, headers={"Idempotency-Key": str(uuid4())})
        self._seen.acknowledged[order["id"]] = time.monotonic()
        if order["petId"] != pet:
            self._seen.wrong.append(f"an order of {order['petId']} for {pet}")
        return order

    def pay_order(self, order: dict[str, Any]) -> None:
        money = {"amount": order["totalAmount"], "currency": order["currency"]}
        path = f"/v1/orders/{order['id']}/payment"
        self.ask("POST", path, {201}, json={**money, "source": CARD}, headers={"Idempotency-Key": str(uuid4())})
        self._seen.paid.add(order["id"])

    def cancel_order(self, order: dict[str, Any]) -> None:
        """Whether an attempt without an answer was done is seen by the next one, which is refused."""
        self.ask("DELETE", f"/v1/orders/{order['id']}", {204, 409})

    def ask(self, method: str, path: str, good: set[int], **request: Any) -> dict[str, Any]:
        """Send a request, with its key, until the answer is good; give the answer.

        Raises:
            GaveUp: it never was.
        """
        begun = time.monotonic()
        for number, client in enumerate(cycle(self._clients)):
            answer = self._attempt(client, method, path, request)
            is_good = answer is not None and answer.status_code in good
            if number == 0:
                self._seen.first.append((time.monotonic(), is_good))
            if is_good and answer is not None:
                return dict(answer.json()) if answer.content else {}
            self._seen.failed_again += number == 1
            if time.monotonic() - begun > PATIENCE_SECONDS:
                break
            time.sleep(_read_pause(answer))
        self._seen.unclear += 1
        raise GaveUp(f"{method} {path}")

    def _attempt(self, client: httpx.Client, method: str, path: str, request: dict[str, Any]) -> httpx.Response | None:
        try:
            answer = client.request(method, path, **request)
        except httpx.TransportError as error:
            self._seen.reasons[f"{method} {type(error).__name__}"] += 1
            return None
        if (answer.is_error and "Retry-After" in answer.headers) or answer.is_server_error:
            self._seen.reasons[f"{method} {answer.status_code}"] += 1
        return answer


def _read_pause(answer: httpx.Response | None) -> float:
    """Return how long a client waits before it comes again."""
    told = answer.headers.get("Retry-After", "") if answer is not None else ""
    return min(float(told), LONGEST_PAUSE_SECONDS) if told.isdigit() else AGAIN_SECONDS


class _Watch:
    """What one who watches an order is told of it; after a break it goes on behind the last event."""

    def __init__(self, customers: Customers, order: str, *, is_socket: bool) -> None:
        self._seen, self._order, self._tenant = customers.seen, order, customers.tenant
        self._addresses = cycle(random.sample(list(customers.addresses), len(customers.addresses)))
        self._listen = self._listen_to_socket if is_socket else self._listen_to_stream
        self._ids: list[str] = []
        self._steps: list[str] = []
        self._thread = threading.Thread(target=self._listen_on, daemon=True)
        self._give_up = threading.Event()

    def begin(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Wait until the end of the order was told, and count what was not."""
        self._thread.join(PATIENCE_SECONDS)
        self._give_up.set()
        self._seen.unseen += len(set(STEPS) - set(self._steps))
        self._seen.doubled += len(self._ids) - len(set(self._ids))

    def _listen_on(self) -> None:
        while LAST not in self._steps and not self._give_up.is_set():
            with suppress(OSError, httpx.HTTPError, WebSocketException, TimeoutError):
                self._listen(next(self._addresses))
            if LAST not in self._steps:
                self._seen.breaks += 1
                time.sleep(AGAIN_SECONDS)

    def _listen_to_socket(self, address: str) -> None:
        query = f"tenantId={self._tenant}" + (f"&lastEventId={self._ids[-1]}" if self._ids else "")
        url = f"{address.replace('http', 'ws', 1)}/v1/ws/orders/{self._order}?{query}"
        with connect(url, open_timeout=5, close_timeout=1, ping_interval=3, ping_timeout=3) as socket:
            for text in socket:
                frame = json.loads(text)
                self._take(frame.get("id", ""), frame.get("data", {}))

    def _listen_to_stream(self, address: str) -> None:
        headers = {"X-Tenant-ID": self._tenant, "Accept": "text/event-stream"}
        headers |= {"Last-Event-ID": self._ids[-1]} if self._ids else {}
        url = f"{address}/v1/orders/{self._order}/events"
        with httpx.stream("GET", url, headers=headers, timeout=httpx.Timeout(20, connect=2)) as answer:
            event_id = ""
            for line in answer.iter_lines():
                name, _, value = line.partition(":")
                if name == "id":
                    event_id = value.strip()
                elif name == "data":
                    self._take(event_id, json.loads(value))

    def _take(self, event_id: str, data: dict[str, Any]) -> None:
        if "newStatus" in data:
            self._ids.append(event_id)
            self._steps.append(data["newStatus"])
