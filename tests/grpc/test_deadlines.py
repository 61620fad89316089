"""Deadlines are kept: a call that comes too late to be begun changes nothing (contract, gRPC)."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest

from accounts.models import User
from pets.models import Pet
from petstore.interfaces.grpc import calls
from petstore.interfaces.grpc.stubs import pets_pb2
from petstore.server import request_pool
from petstore.server.request_pool import MIN_THREADS, RequestPool
from tenants.scoping import tenant_scope
from tests.grpc.loopback import PATIENCE, Loopback, Metadata, bearer, run_with_server

pytestmark = pytest.mark.django_db(transaction=True)

CREATE_PET = "/petstore.v1.PetService/CreatePet"
PET = pets_pb2.Pet(name="Rex", species="DOG", age_months=18, price="150.00")
CREATE_REX = pets_pb2.CreatePetRequest(pet=PET).SerializeToString()


@pytest.fixture(autouse=True)
def _few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread is added, however long the others are busy."""
    monkeypatch.setattr(request_pool, "STUCK_SECONDS", 3600.0)


@contextmanager
def _busy(pool: RequestPool) -> Iterator[None]:
    """No thread is free until the block ends."""
    done = threading.Event()
    for _ in range(MIN_THREADS):
        pool.submit_job(lambda: done.wait(PATIENCE))
    try:
        yield
    finally:
        done.set()


async def _code_of_late_call(served: Loopback, metadata: Metadata, timeout: float | None) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await served.call(CREATE_PET, CREATE_REX, metadata, timeout)
    return late.value.code().name


def _names_of_pets(user: User) -> list[str]:
    with tenant_scope(user.tenant_id):
        return list(Pet.objects.values_list("name", flat=True))


def test_a_call_whose_deadline_passes_before_it_begins_changes_nothing(sam: User) -> None:
    metadata = bearer(sam)

    async def story(served: Loopback) -> None:
        with _busy(served.pool):
            assert await _code_of_late_call(served, metadata, 0.3) == "DEADLINE_EXCEEDED"
        await served.call(CREATE_PET, CREATE_REX.replace(b"Rex", b"Max"), metadata)  # behind it in the queue

    run_with_server(story)
    assert _names_of_pets(sam) == ["Max"]


def test_a_call_without_a_deadline_is_given_one(sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls.DEFAULT_SECONDS == 30
    monkeypatch.setattr(calls, "DEFAULT_SECONDS", 0.3)
    metadata = bearer(sam)

    async def story(served: Loopback) -> None:
        with _busy(served.pool):
            assert await _code_of_late_call(served, metadata, None) == "DEADLINE_EXCEEDED"
            while not served.counted:
                await asyncio.sleep(0.01)
            assert served.counted == [("gRPC", CREATE_PET, "DEADLINE_EXCEEDED")]
        await served.call(CREATE_PET, CREATE_REX.replace(b"Rex", b"Max"), metadata)

    run_with_server(story)
    assert _names_of_pets(sam) == ["Max"]


def test_a_call_that_is_cancelled_before_it_begins_changes_nothing(sam: User) -> None:
    metadata = bearer(sam)

    async def story(served: Loopback) -> None:
        with _busy(served.pool):
            method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = served.channel.unary_unary(CREATE_PET)
            call = method(CREATE_REX, metadata=metadata, timeout=PATIENCE)
            while not served.pool._jobs.qsize():  # noqa: SLF001  # nothing else tells that it waits
                await asyncio.sleep(0.01)
            call.cancel()
            while not served.counted:
                await asyncio.sleep(0.01)
        assert served.counted == [("gRPC", CREATE_PET, "CANCELLED")]
        await served.call(CREATE_PET, CREATE_REX.replace(b"Rex", b"Max"), metadata)

    run_with_server(story)
    assert _names_of_pets(sam) == ["Max"]
