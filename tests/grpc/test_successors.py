"""One gRPC process follows another: after a reload, and after a kill -9 (contract, gRPC)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import httpx
import pytest

from petstore.interfaces.grpc.stubs import orders_pb2
from petstore.interfaces.grpc.watches import WATCH_ORDER
from petstore.server.listener import ROOT
from tests.factories import PASSWORD
from tests.grpc.loopback import name_event
from tests.payments.sources import card
from tests.ports import free_port
from tests.server.server import Server, serving, wait_until

pytestmark = pytest.mark.own_store

LIST_PETS = "/petstore.v1.PetService/ListPets"
OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0))
CALLERS = 4


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    variables = {"GRPC_PORT": str(port), "RATE_LIMIT": "off"}
    with serving(tmp_path_factory.mktemp("successors"), variables=variables) as server:
        yield server


@pytest.fixture(scope="module")
def staff(server: Server) -> Iterator[httpx.Client]:
    """An admin of a store with nothing in it."""
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{server.log.parent}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
    }
    command = (sys.executable, "manage.py", "create_admin", "root", "root@example.com", "--password-stdin")
    subprocess.run(command, cwd=ROOT, env=environment, input=f"{PASSWORD}\n", text=True, check=True, timeout=90)  # noqa: S603  # ours
    with httpx.Client(base_url=f"{server.address}/v1", timeout=30) as client:
        token = client.post("/auth/tokens", json={"username": "root", "password": PASSWORD}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


class Watcher(threading.Thread):
    """A client that watches an order to its end, and comes again after the last event it has.

    Attributes:
        ends: the codes with which its watches ended.
    """

    def __init__(self, port: int, staff: httpx.Client) -> None:
        super().__init__(daemon=True)
        rex = {"name": "Rex", "species": "DOG", "ageMonths": 18, "price": "150.00"}
        pet = staff.post("/pets", json=rex).json()["id"]
        self.order: str = staff.post("/orders", json={"petId": pet}).json()["id"]
        self._port, self._metadata = port, (("authorization", staff.headers["Authorization"]),)
        self.events: list[orders_pb2.OrderEvent] = []
        self.ends: list[grpc.StatusCode] = []

    def run(self) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self._port}", options=OWN_CONNECTION) as channel:
            watch: grpc.UnaryStreamMultiCallable[bytes, orders_pb2.OrderEvent] = channel.unary_stream(
                WATCH_ORDER, response_deserializer=orders_pb2.OrderEvent.FromString
            )
            while grpc.StatusCode.OK not in self.ends:
                self._watch_once(watch)
                time.sleep(0.1)

    def _watch_once(self, watch: "grpc.UnaryStreamMultiCallable[bytes, orders_pb2.OrderEvent]") -> None:
        last = self.events[-1].event_id if self.events else ""
        request = orders_pb2.WatchOrderRequest(id=self.order, after_event_id=last)
        call = watch(request.SerializeToString(), metadata=self._metadata, timeout=120)
        try:
            self.events.extend(call)
        except grpc.RpcError as error:
            self.ends.append(error.code())
        else:
            self.ends.append(grpc.StatusCode.OK)

    def hear_all(self) -> list[str]:
        """The whole story, each event of which came once."""
        self.join(120)
        assert not self.is_alive()
        assert len({event.event_id for event in self.events}) == len(self.events)
        return [name_event(event) for event in self.events]


def _pay_ship_and_deliver(staff: httpx.Client, order: str) -> None:
    payment = {"amount": "150.00", "currency": "USD", "source": card()}
    assert staff.post(f"/orders/{order}/payment", json=payment).json()["status"] == "SUCCEEDED"
    for status in ("SHIPPED", "DELIVERED"):
        assert staff.patch(f"/admin/orders/{order}/status", json={"status": status}).status_code == 200


@contextmanager
def _callers(port: int) -> Iterator[list[list[str]]]:
    """Callers with a connection each, as long as the block lasts; gives for each the codes of its calls."""
    codes: list[list[str]] = [[] for _ in range(CALLERS)]
    stop = threading.Event()

    def call(codes: list[str]) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=OWN_CONNECTION) as channel:
            method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(LIST_PETS)
            while not stop.wait(0.02):
                try:
                    method(b"", timeout=60)
                except grpc.RpcError as error:
                    codes.append(error.code().name)
                else:
                    codes.append("OK")

    threads = [threading.Thread(target=call, args=(each,)) for each in codes]
    for thread in threads:
        thread.start()
    try:
        yield codes
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _wait_ready(server: Server, condition: Callable[[], bool]) -> None:
    """Wait until it holds, and see all the while that the store is ready."""

    def is_met_and_ready() -> bool:
        answer = server.get("/readyz")
        assert answer.status_code == 200, answer.text
        return condition()

    wait_until(is_met_and_ready)


def test_a_process_that_is_told_to_go_while_it_loads_serves_whoever_waits_for_it(server: Server, port: int) -> None:
    """The supervisor starts another one in its place, as nobody has reloaded."""
    victim = server.child("grpc")

    def call(_: int) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=OWN_CONNECTION) as channel:
            method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(LIST_PETS)
            method(b"", timeout=60)

    with ThreadPoolExecutor(10) as pool:
        calls = [pool.submit(call, number) for number in range(10)]
        time.sleep(0.1)
        os.kill(victim, signal.SIGHUP)
        for each in calls:
            each.result()
    wait_until(lambda: server.child("grpc") != victim)


def test_a_reload_ends_watches_and_whoever_comes_again_misses_nothing(
    server: Server, staff: httpx.Client, port: int
) -> None:
    """A call whose stream is begun in the moment in which the old process says farewell was not begun there."""
    watcher, before = Watcher(port, staff), server.child("grpc")
    watcher.start()
    wait_until(lambda: bool(watcher.events))
    with _callers(port) as codes:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: bool(watcher.ends))
        _pay_ship_and_deliver(staff, watcher.order)
        _wait_ready(server, lambda: "Reloaded\n" in server.log.read_text())
    assert watcher.hear_all() == ["PLACED", "APPROVED", "payment.succeeded", "SHIPPED", "DELIVERED"]
    assert watcher.ends == [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.OK]
    assert server.child("grpc") != before
    for each in codes:
        assert each[0] == each[-1] == "OK"
        assert [code for code in each if code != "OK"] in ([], ["CANCELLED"], ["UNAVAILABLE"])


def test_a_process_that_is_killed_is_started_again_and_its_watchers_miss_nothing(
    server: Server, staff: httpx.Client, port: int
) -> None:
    watcher, victim = Watcher(port, staff), server.child("grpc")
    watcher.start()
    wait_until(lambda: bool(watcher.events))
    os.kill(victim, signal.SIGKILL)
    _pay_ship_and_deliver(staff, watcher.order)
    assert watcher.hear_all() == ["PLACED", "APPROVED", "payment.succeeded", "SHIPPED", "DELIVERED"]
    assert set(watcher.ends[:-1]) == {grpc.StatusCode.UNAVAILABLE}
    assert server.child("grpc") != victim
