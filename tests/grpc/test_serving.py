"""gRPC as `manage.py serve` offers it: loaded by the first connection, with limits, and stopped politely."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from pytest_django import Settings

from petstore.interfaces.grpc.stubs import orders_pb2, pets_pb2
from petstore.server.listener import ROOT
from tests.ports import free_port
from tests.server.server import Server, serving, wait_until

pytestmark = pytest.mark.own_store

GET_PET = "/petstore.v1.PetService/GetPet"
LIST_PETS = "/petstore.v1.PetService/ListPets"
NOBODY = "019b4139-1234-7abc-8def-123456789abc"
OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    variables = {"GRPC_PORT": str(port), "RATE_LIMIT": "off"}
    with serving(tmp_path_factory.mktemp("grpc"), variables=variables) as server:
        yield server


@pytest.fixture
def channel(server: Server, port: int) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=OWN_CONNECTION) as channel:
        yield channel


def _refusal(channel: grpc.Channel, path: str, raw: bytes, **words: object) -> tuple[grpc.StatusCode, str]:
    """The status code, and the reason in the details; empty without details."""
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(path)(raw, timeout=30, **words)  # type: ignore[arg-type]  # metadata
    error: grpc.Call = refused.value  # type: ignore[assignment]  # grpcio raises what is both
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if details is None:
        return error.code(), ""
    info = ErrorInfo()
    Status.FromString(details).details[0].Unpack(info)
    return error.code(), info.reason


def _grpc_check(server: Server) -> dict[str, object]:
    checks = server.get("/readyz").json()["checks"]
    return next(check for check in checks if check["name"] == "grpc")


def test_the_first_calls_of_all_succeed_and_are_told_their_ids(server: Server, port: int) -> None:
    """Twenty clients at once, none of which waits or tries again by itself."""
    assert _grpc_check(server) == {"name": "grpc", "ok": True, "detail": "It waits for its first call."}

    def call(number: int) -> tuple[object, ...]:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=OWN_CONNECTION) as channel:
            method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(LIST_PETS)
            metadata = (("x-request-id", f"first-{number}"),)
            calls = [method.with_call(b"", timeout=60, metadata=metadata) for _ in range(3)]
            return tuple(dict(call.initial_metadata())["x-request-id"] for _, call in calls)

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(call, range(20)))
    assert told == [(f"first-{number}",) * 3 for number in range(20)]
    wait_until(lambda: _grpc_check(server) == {"name": "grpc", "ok": True, "detail": ""})


@pytest.mark.parametrize("raw", [b"\xff\xff", b"\n\x02\xff\xff", b"\n\x03\xed\xa0\x80", b"\n\x02a\x00"])
def test_bytes_that_are_no_message_or_no_text_are_refused(channel: grpc.Channel, raw: bytes) -> None:
    code, reason = _refusal(channel, GET_PET, raw)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert reason in ("BAD_REQUEST", "VALIDATION_ERROR")


def test_a_key_of_ours_may_stand_once_only(channel: grpc.Channel) -> None:
    twice = (("authorization", "Bearer x"), ("authorization", "Bearer y"))
    assert _refusal(channel, GET_PET, b"", metadata=twice) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST")


def test_messages_metadata_and_methods_have_their_limits(channel: grpc.Channel) -> None:
    assert _refusal(channel, GET_PET, bytes(1024 * 1024 + 1))[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    bomb = {"compression": grpc.Compression.Gzip}
    assert _refusal(channel, GET_PET, bytes(64 * 1024 * 1024), **bomb)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    long = (("x-long", "x" * 17 * 1024),)
    assert _refusal(channel, GET_PET, b"", metadata=long)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert _refusal(channel, "/petstore.v1.PetService/Stroke", b"")[0] is grpc.StatusCode.UNIMPLEMENTED
    small = pets_pb2.GetPetRequest(id=NOBODY).SerializeToString()
    gzip = grpc.Compression.Gzip
    assert _refusal(channel, GET_PET, small, compression=gzip) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


def test_both_services_and_the_whole_are_healthy(channel: grpc.Channel) -> None:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    for service in ("", "petstore.v1.PetService", "petstore.v1.OrderService"):
        answer = check(health_pb2.HealthCheckRequest(service=service), timeout=30)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_calls_stand_in_the_figures_by_their_methods_and_codes(server: Server, channel: grpc.Channel) -> None:
    _refusal(channel, GET_PET, pets_pb2.GetPetRequest(id=NOBODY).SerializeToString())
    row = f'method="gRPC",protocol="grpc",route="{GET_PET}",status="NOT_FOUND"'
    wait_until(lambda: row in server.get("/metrics").text)


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_a_client_without_stubs_learns_of_all_methods(channel: grpc.Channel, version: str) -> None:
    asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol="petstore.v1.OrderService")
    ask = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    [answer] = list(ask(iter([asked]), timeout=30))
    assert any(b"WatchOrder" in file for file in answer.file_descriptor_response.file_descriptor_proto)


def test_a_watch_of_nothing_is_not_found_and_one_without_an_id_too(channel: grpc.Channel) -> None:
    watch: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream("/petstore.v1.OrderService/WatchOrder")
    for order in (NOBODY, "no id"):
        with pytest.raises(grpc.RpcError) as refused:
            list(watch(orders_pb2.WatchOrderRequest(id=order).SerializeToString(), timeout=30))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_it_stops_politely_and_leaves_the_port(server: Server, port: int) -> None:
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=60) == 0
    with socket.create_server(("127.0.0.1", port), reuse_port=False):
        pass


def test_serve_grpc_serves_alone_keeps_its_port_and_ends_with_ctrl_c(server: Server, tmp_path: Path) -> None:
    """It serves the store of the server that has ended."""
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{server.log.parent}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
    }
    port = free_port()
    command = (sys.executable, "manage.py", "serve_grpc", "--port", str(port))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603  # ours
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=OWN_CONNECTION) as channel:
            listed: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(LIST_PETS)
            pets_pb2.ListPetsResponse.FromString(listed(b"", timeout=60, wait_for_ready=True))
            with pytest.raises(CommandError, match=f"Cannot listen on 127.0.0.1:{port}"):
                call_command("serve_grpc", "--port", str(port))
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / "log").read_text() == f"Serving gRPC at 127.0.0.1:{port}; Ctrl-C stops.\n"


class TestTakenPorts:
    def test_a_named_port_that_is_taken_is_refused_with_a_sentence(self, settings: Settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            settings.GRPC_PORT, settings.IS_GRPC_PORT_NAMED = taken.getsockname()[1], True
            with pytest.raises(CommandError, match="GRPC_PORT chooses another port"):
                call_command("serve", "--port", "0")

    def test_serve_grpc_refuses_it_too(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(CommandError, match=f"Cannot listen on 127.0.0.1:{port}"):
                call_command("serve_grpc", "--port", str(port))

    def test_the_default_port_may_be_taken_by_another_store(self, tmp_path: Path) -> None:
        """The store serves without gRPC and says so. Another store of this machine may have the port before us."""
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                taken.bind(("127.0.0.1", 50_051))
                taken.listen()
            with serving(tmp_path, variables={"GRPC_PORT": ""}) as server:
                assert "WARNING: gRPC is off" in server.log.read_text()
                assert "grpc" not in [check["name"] for check in server.get("/readyz").json()["checks"]]
