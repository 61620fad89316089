"""What comes over the wire of gRPC beside good calls: odd frames, pings, encryption (contract, gRPC)."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.db import OperationalError
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from pytest_django import Settings

from pets.models import Pet
from petstore.interfaces.grpc import arrivals, health
from petstore.interfaces.grpc.stubs import orders_pb2, pets_pb2
from petstore.interfaces.live.poller import order_poller
from tests.certificates import make_certificate
from tests.grpc import frames
from tests.grpc.frames import exchange_frames, write_call, write_frame, write_head, write_message
from tests.grpc.loopback import Loopback, loopback, reason_of, run_with_server

pytestmark = pytest.mark.django_db(transaction=True)

GET_PET = "/petstore.v1.PetService/GetPet"
LIST_PETS = "/petstore.v1.PetService/ListPets"
CREATE_ORDER = "/petstore.v1.OrderService/CreateOrder"
WATCH_ORDER = "/petstore.v1.OrderService/WatchOrder"


@pytest.fixture(autouse=True)
def _many_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of one server is not that of the next."""
    monkeypatch.setattr(order_poller, "is_closed", False)


def _status_after(served: Loopback, sent: bytes) -> Coroutine[Any, Any, bytes]:
    """The status in the last frame, as it stands there: a name, the length of its value, and the value."""

    def exchange() -> bytes:
        trailers = exchange_frames(served.port, sent)[-1].payload
        _, _, rest = trailers.partition(b"grpc-status")
        return rest[1 : 1 + rest[0]]

    return asyncio.to_thread(exchange)


@pytest.mark.parametrize("path", [GET_PET, WATCH_ORDER])
def test_a_call_without_a_whole_message_is_refused_at_once(path: str) -> None:
    """Nothing at all, half a prefix, and less than the prefix says."""

    async def story(served: Loopback) -> None:
        for body in (b"", b"\0\0", write_message(b"x", length=100)):
            assert await _status_after(served, write_call(path, body)) == b"3"  # INVALID_ARGUMENT
        await served.call(LIST_PETS, b"")

    run_with_server(story)


def test_a_message_that_is_said_to_be_enormous_is_refused_before_it_comes() -> None:
    async def story(served: Loopback) -> None:
        sent = write_call(GET_PET, write_message(b"x", length=2**32 - 1))
        assert await _status_after(served, sent) == b"8"  # RESOURCE_EXHAUSTED

    run_with_server(story)


@pytest.mark.parametrize("path", [GET_PET, WATCH_ORDER])
def test_a_call_whose_message_never_comes_has_an_end(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LONG_SECONDS", 0.3)

    async def story(served: Loopback) -> None:
        assert await _status_after(served, write_head(path)) == b"4"  # DEADLINE_EXCEEDED
        while not served.counted:
            await asyncio.sleep(0.01)
        assert served.counted == [("gRPC", path, "DEADLINE_EXCEEDED")]

    run_with_server(story)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/grpc.health.v1.Health/Check", b"4"),  # DEADLINE_EXCEEDED
        ("/grpc.health.v1.Health/Watch", b"4"),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", b"0"),  # a stream that asks nothing more
    ],
)
def test_the_library_s_services_wait_no_longer(path: str, status: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LONG_SECONDS", 0.3)

    async def story(served: Loopback) -> None:
        assert await _status_after(served, write_head(path)) == status
        assert len(arrivals.arriving_requests) == 0

    run_with_server(story)


def test_heads_without_messages_hold_up_no_honest_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "SHORT_SECONDS", 0.3)

    async def story(served: Loopback) -> None:
        heads = b"".join(write_head(GET_PET, stream=2 * number + 1) for number in range(90))
        flood = asyncio.create_task(asyncio.to_thread(exchange_frames, served.port, heads))
        while len(arrivals.arriving_requests) < arrivals.FEW:
            await asyncio.sleep(0.01)
        await served.call(LIST_PETS, b"")
        while len(arrivals.arriving_requests) > arrivals.FEW:
            await asyncio.sleep(0.01)
        await flood

    run_with_server(story)


def test_whoever_pings_too_fast_is_sent_away() -> None:
    async def story(served: Loopback) -> None:
        pings = write_frame(frames.PING, bytes(8)) * 10
        last = (await asyncio.to_thread(exchange_frames, served.port, pings))[-1]
        assert last.kind == frames.GOAWAY
        assert last.payload.endswith(b"too_many_pings")
        await served.call(LIST_PETS, b"")

    run_with_server(story)


def test_a_frame_longer_than_frames_may_be_ends_the_connection_only() -> None:
    async def story(served: Loopback) -> None:
        sent = write_frame(frames.DATA, bytes(70_000), stream=1)
        answers = await asyncio.to_thread(exchange_frames, served.port, sent)
        assert frames.HEADERS not in {frame.kind for frame in answers}
        await served.call(LIST_PETS, b"")

    run_with_server(story)


def test_calls_are_told_their_ids_counted_and_replays_marked(stray: Pet) -> None:
    request = orders_pb2.CreateOrderRequest(pet_id=str(stray.id)).SerializeToString()
    metadata = (("idempotency-key", "order-1"), ("x-request-id", "call-1"))

    async def story(served: Loopback) -> None:
        heads = [dict(await (await served.call(CREATE_ORDER, request, metadata)).initial_metadata()) for _ in range(2)]
        assert heads[0] == {"x-request-id": "call-1"}
        assert heads[1] == {"x-request-id": "call-1", "idempotent-replayed": "true"}
        assert served.counted == [("gRPC", CREATE_ORDER, "OK")] * 2
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.call(GET_PET, pets_pb2.GetPetRequest(id="no id").SerializeToString(), metadata)
        assert dict(refused.value.initial_metadata()) == {"x-request-id": "call-1"}
        assert served.counted[-1] == ("gRPC", GET_PET, "NOT_FOUND")

    run_with_server(story)


def test_with_a_certificate_only_what_is_encrypted_for_it_is_served(settings: Settings, tmp_path: Path) -> None:
    ours, others = make_certificate(tmp_path / "ours")[0], make_certificate(tmp_path / "others")[0]
    settings.GRPC_TLS_CERT, settings.GRPC_TLS_KEY = str(ours), str(ours.with_name("key.pem"))

    async def list_pets(port: int, root: Path) -> None:
        credentials = grpc.ssl_channel_credentials(root.read_bytes())
        async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
            method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(LIST_PETS)
            await method(b"", timeout=30)

    async def story() -> None:
        async with loopback() as served:
            await list_pets(served.port, ours)
            with pytest.raises(grpc.aio.AioRpcError, match="CERTIFICATE_VERIFY_FAILED"):
                await list_pets(served.port, others)
            with pytest.raises(grpc.aio.AioRpcError) as plain:
                await served.call(LIST_PETS, b"")
            assert plain.value.code() is grpc.StatusCode.UNAVAILABLE

    asyncio.run(story())


def test_while_the_database_is_away_nothing_is_healthy_and_calls_are_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "LOOK_SECONDS", 0.02)

    def fail(*_: object) -> None:
        raise OperationalError

    async def check(served: Loopback, service: str) -> Any:
        request: Message = health_pb2.HealthCheckRequest(service=service)
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = served.channel.unary_unary(
            "/grpc.health.v1.Health/Check"
        )
        return health_pb2.HealthCheckResponse.FromString(await call(request.SerializeToString(), timeout=30)).status

    async def until(served: Loopback, status: Any) -> None:
        for service in ("", "petstore.v1.PetService", "petstore.v1.OrderService"):
            while await check(served, service) != status:
                await asyncio.sleep(0.02)

    async def story(served: Loopback) -> None:
        await until(served, health.SERVING)
        with monkeypatch.context() as away:
            away.setattr(health, "read_newest_position", fail)
            away.setattr("petstore.interfaces.grpc.calls.enter_tenant", fail)
            await until(served, health.NOT_SERVING)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await served.call(LIST_PETS, b"")
            code, reason, seconds = reason_of(refused.value)
            assert (code, reason, seconds > 0) == ("UNAVAILABLE", "INTERNAL_SERVER_ERROR", True)
        await until(served, health.SERVING)
        await served.call(LIST_PETS, b"")

    run_with_server(story)
