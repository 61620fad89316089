"""OpenAI's own library against the running server, with the embedded advisor and with a model elsewhere."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import httpx
import openai
import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import User
from tests.chat.model_server import ModelServer, Script, model_server, say, send_raw, talk_for_ever
from tests.chat.model_server import chunk as model_chunk
from tests.rest.servers import Server, running
from tests.rest.test_chat import token_of
from tests.server.server import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_store]

QUESTION: Any = [{"role": "user", "content": "How do I feed a young rabbit?"}]
MORE_THAN_THREADS = 20


@pytest.fixture(scope="module")
def embedded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """A server with the embedded advisor."""
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def model(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[ModelServer]:
    with model_server(say("Hay.")) as model:
        yield model


@pytest.fixture(scope="module")
def remote(model: ModelServer) -> Iterator[Server]:
    """A server whose advisor is the model."""
    with running(CHAT_BASE_URL=model.base_url, CHAT_API_KEY="sk-test", CHAT_MODEL="tiny") as server:
        yield server


def _library(server: Server, user: User, **more: Any) -> openai.OpenAI:
    options: dict[str, Any] = {
        "api_key": token_of(user),
        "default_headers": {"X-Tenant-ID": str(user.tenant_id)},
        "max_retries": 0,
        "timeout": 60,
        **more,
    }
    return openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/v1", **options)


def test_the_library_gets_whole_answers_streams_and_models(embedded: Server, alice: User) -> None:
    with _library(embedded, alice) as library:
        whole = library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION)
        assert "veterinarian" in (whole.choices[0].message.content or "")
        assert (whole.choices[0].finish_reason, whole.model) == ("stop", "PET_ADVISOR_1")
        assert whole.usage is not None
        assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
        chunks = list(
            library.chat.completions.create(
                model="pet-advisor-turbo", messages=QUESTION, stream=True, stream_options={"include_usage": True}
            )
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert text == whole.choices[0].message.content
        assert chunks[-1].usage == whole.usage
        assert {chunk.model for chunk in chunks} == {"PET_ADVISOR_TURBO"}
        assert [one.id for one in library.models.list()] == ["PET_ADVISOR_1", "PET_ADVISOR_TURBO"]
        assert library.models.retrieve("pet-advisor-1").owned_by == "petstore"


def test_the_library_s_helper_for_streams_understands_ours(embedded: Server, alice: User) -> None:
    with (
        _library(embedded, alice) as library,
        library.chat.completions.stream(model="PET_ADVISOR_1", messages=QUESTION) as stream,
    ):
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert "veterinarian" in (final.choices[0].message.content or "")


def test_the_library_knows_our_refusals(embedded: Server, alice: User, charlie: User) -> None:
    with _library(embedded, alice) as library:
        with pytest.raises(openai.BadRequestError) as bad:
            library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION, max_tokens=0)
        assert (bad.value.param, bad.value.code, bad.value.type) == (
            "max_tokens",
            "validation_error",
            "invalid_request_error",
        )
        with pytest.raises(openai.BadRequestError) as unknown:
            library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION, extra_body={"mood": "good"})
        assert unknown.value.param == "mood"
        with pytest.raises(openai.BadRequestError) as tools:
            library.chat.completions.create(
                model="PET_ADVISOR_1", messages=QUESTION, tools=[{"type": "function", "function": {"name": "x"}}]
            )
        assert tools.value.param == "tools"
        with pytest.raises(openai.NotFoundError) as missing:
            library.models.retrieve("gpt-5")
        assert missing.value.code == "not_found"
    with _library(embedded, alice, api_key="nonsense") as library, pytest.raises(openai.AuthenticationError) as forged:
        library.models.list()
    assert (forged.value.code, forged.value.type) == ("unauthorized", "authentication_error")
    with (
        _library(embedded, charlie, default_headers={"X-Tenant-ID": str(alice.tenant_id)}) as library,
        pytest.raises(openai.PermissionDeniedError),
    ):
        library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION)


def test_a_ninth_answer_at_once_is_the_library_s_rate_limit_error(
    remote: Server, model: ModelServer, alice: User, bob: User
) -> None:
    model.script = talk_for_ever()
    with ExitStack() as stack:
        library = stack.enter_context(_library(remote, alice))
        for _ in range(8):
            stream = stack.enter_context(
                library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION, stream=True)
            )
            next(stream)
        with pytest.raises(openai.RateLimitError) as refused:
            library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION)
        assert refused.value.response.headers["Retry-After"] == "5"
        other = stack.enter_context(_library(remote, bob))
        next(other.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION, stream=True))
    _wait_until_stopped(model)
    model.script = say("Hay.")
    with _library(remote, alice) as library:
        assert library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION).choices


def _wait_until_stopped(model: ModelServer) -> None:
    began = time.monotonic()
    wait_until(lambda: model.open == 0)
    assert time.monotonic() - began < 1


def test_leaving_a_stream_stops_the_model_at_once(remote: Server, model: ModelServer, alice: User) -> None:
    model.script = talk_for_ever()
    with (
        _library(remote, alice) as library,
        library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION, stream=True) as stream,
    ):
        for _ in range(3):
            next(stream)
        assert model.open == 1
    _wait_until_stopped(model)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", [Script(say("x").write, seconds=60), talk_for_ever(0.5)], ids=["silent", "talking"])
def test_leaving_before_the_answer_stops_the_model_at_once(
    remote: Server, model: ModelServer, alice: User, stream: bool, script: Script
) -> None:
    model.script = script
    with closing(_connect_and_ask(remote, alice, stream=stream)):
        wait_until(lambda: model.open == 1)
    _wait_until_stopped(model)


def _connect_and_ask(server: Server, user: User, *, stream: bool) -> socket.socket:
    body = httpx.Request("POST", "http://x", json={"messages": QUESTION, "stream": stream}).content
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token_of(user)}\r\n"
        f"X-Tenant-ID: {user.tenant_id}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", server.port), 30)
    connection.sendall(head.encode() + body)
    return connection


def test_slow_models_hold_up_no_other_request(
    remote: Server, model: ModelServer, alice: User, bob: User, sam: User
) -> None:
    model.script = Script(say("Hay.").write, seconds=60)
    with ExitStack() as stack:
        for user in (alice, bob, sam):
            for _ in range(7):
                stack.enter_context(closing(_connect_and_ask(remote, user, stream=False)))
        wait_until(lambda: model.open == 21)
        headers = {"X-Tenant-ID": str(alice.tenant_id), "Authorization": f"Bearer {token_of(alice)}"}
        address = f"http://127.0.0.1:{remote.port}/v1/pets"
        assert httpx.get(address, headers=headers, timeout=30).status_code == 200
    _wait_until_stopped(model)


def test_a_stream_that_breaks_off_is_the_library_s_error(remote: Server, model: ModelServer, alice: User) -> None:
    model.script = send_raw(model_chunk("Rabbits "), b"data: nonsense\n\n")
    with _library(remote, alice) as library:
        stream = library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION, stream=True)
        said: list[str | None] = []
        with pytest.raises(openai.APIError) as broken:
            said.extend(chunk.choices[0].delta.content for chunk in stream)
        assert said == ["", "Rabbits "]
        assert broken.value.code == "internal_server_error"
        with pytest.raises(openai.InternalServerError) as away:
            library.chat.completions.create(model="PET_ADVISOR_1", messages=QUESTION)
        assert away.value.status_code == 503


def test_a_server_that_stops_ends_its_answers_politely(model: ModelServer, alice: User, django_db_setup: None) -> None:
    model.script = Script(_say_hay_for_ever)
    with ThreadPoolExecutor(2) as pool, ExitStack() as stack:
        with running(CHAT_BASE_URL=model.base_url, CHAT_MODEL="tiny") as server:
            streamed = stack.enter_context(closing(_connect_and_ask(server, alice, stream=True)))
            whole = stack.enter_context(closing(_connect_and_ask(server, alice, stream=False)))
            wait_until(lambda: model.open == 2)
            answers = [pool.submit(_read_all, connection) for connection in (streamed, whole)]
            time.sleep(0.5)
        stream, refusal = (answer.result(30) for answer in answers)
    assert stream.startswith(b"HTTP/1.1 200")
    assert b'data: {"error":{' in stream
    assert b"[DONE]" not in stream
    assert refusal.startswith(b"HTTP/1.1 503")
    assert b'"error":{"message":"The server is about to stop; ask again."' in refusal
    _wait_until_stopped(model)


def _say_hay_for_ever(send: Any) -> None:
    while True:
        send(model_chunk("hay "))
        time.sleep(0.1)


def _read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)
