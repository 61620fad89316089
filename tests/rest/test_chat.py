"""POST /v1/chat/completions (contract, Chat) with the embedded advisor: whole answers, streams and refusals."""

import json
import logging
from typing import Any

import pytest

from accounts.models import User
from accounts.services.sessions import start_login_session
from chat.models import DailyConsultations
from petstore.interfaces.http.tokens import ApplicationGrant, issue_token_pair
from petstore.interfaces.live.answers import PER_USER, answers
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.client import Client
from tests.factories import PetFactory
from tests.rest.problems import assert_problem

URL = "/v1/chat/completions"
STREAM = "text/event-stream"
EVENT_STREAM = "text/event-stream; charset=utf-8"
RABBIT = {"messages": [{"role": "user", "content": "How do I feed a young rabbit?"}]}


@pytest.fixture
def asker(api: Client, alice: User) -> Client:
    return api.as_(alice)


def token_of(user: User, *scopes: str) -> str:
    """A token of the user's; with scopes one that an application has."""
    with tenant_scope(user.tenant_id):
        grant = ApplicationGrant("probe", scopes) if scopes else None
        return issue_token_pair(start_login_session(user), grant).token


def holding(user: User, *scopes: str, at: Tenant | None = None) -> Client:
    """A caller whose token has these scopes only; it is of the user's tenant, whichever is named."""
    client = Client()
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {token_of(user, *scopes)}", HTTP_X_TENANT_ID=str((at or user.tenant).id)
    )
    return client


def refusal(answer: Any, status: int, slug: str) -> dict[str, Any]:
    """The problem that an answer is, which OpenAI's libraries can read, too."""
    assert_problem(answer, status, slug)
    problem: dict[str, Any] = answer.json()
    assert (problem["error"]["message"], problem["error"]["code"]) == (problem["detail"], slug.replace("-", "_"))
    return problem


def ask(client: Client, *texts: str, **more: Any) -> Any:
    return client.post(URL, {"messages": [{"role": "user", "content": text} for text in texts], **more})


def chunks_of(answer: Any) -> list[dict[str, Any]]:
    """The chunks of a stream that has ended as it should."""
    assert (answer.status_code, answer["Content-Type"]) == (200, EVENT_STREAM)
    *events, done, nothing = answer.content.decode().split("\n\n")
    assert (done, nothing) == ("data: [DONE]", "")
    assert all(event.startswith("data: ") for event in events)
    return [json.loads(event.removeprefix("data: ")) for event in events]


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


def consultations() -> int:
    with all_tenants(reason="test"):
        return sum(row.consultations for row in DailyConsultations.objects.all())


def test_a_whole_answer_has_every_member_in_both_spellings(asker: Client) -> None:
    answer = asker.post(URL, RABBIT)
    body = answer.json()
    assert (answer.status_code, body["object"], body["model"]) == (201, "chat.completion", "PET_ADVISOR_1")
    assert body["id"].startswith("chatcmpl_")
    assert body["system_fingerprint"].startswith("embedded-")
    (choice,) = body["choices"]
    assert (choice["finishReason"], choice["finish_reason"]) == ("STOP", "stop")
    assert choice["message"]["role"] == "assistant"
    assert "veterinarian" in choice["message"]["content"]
    usage = body["usage"]
    assert usage["promptTokens"] == usage["prompt_tokens"] == 8
    assert usage["totalTokens"] == usage["total_tokens"] == 8 + usage["completion_tokens"]
    assert "Location" not in answer


def test_a_stream_has_the_same_text_in_pieces(asker: Client) -> None:
    whole = asker.post(URL, RABBIT).json()
    answer = asker.post(URL, {**RABBIT, "stream": True}, HTTP_ACCEPT_ENCODING="gzip")
    assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("no-cache", "no")
    assert "Content-Encoding" not in answer
    chunks = chunks_of(answer)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert len(chunks) > 10
    assert text_of(chunks) == whole["choices"][0]["message"]["content"]
    last = chunks[-1]["choices"][0]
    assert (last["delta"], last["finish_reason"]) == ({}, "stop")
    assert not any("usage" in chunk for chunk in chunks)


@pytest.mark.parametrize("name", ["stream_options", "streamOptions"])
def test_a_stream_ends_with_the_usage_where_it_is_asked_for(asker: Client, name: str) -> None:
    options = {name: {"include_usage": True, "include_obfuscation": False}}
    *chunks, last = chunks_of(asker.post(URL, {**RABBIT, "stream": True, **options}))
    assert {json.dumps(chunk["usage"]) for chunk in chunks} == {"null"}
    assert last["choices"] == []
    assert last["usage"] == asker.post(URL, RABBIT).json()["usage"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", STREAM, f"{STREAM}, application/json;q=0.5"])
def test_a_stream_comes_whatever_its_caller_says_to_accept(asker: Client, accept: str) -> None:
    assert chunks_of(asker.post(URL, {**RABBIT, "stream": True}, HTTP_ACCEPT=accept))


def test_what_accept_takes_neither_of_is_406(asker: Client) -> None:
    refusal(asker.post(URL, RABBIT, HTTP_ACCEPT="image/png"), 406, "not-acceptable")
    assert consultations() == 0


@pytest.mark.parametrize("name", ["maxTokens", "max_tokens", "max_completion_tokens"])
def test_the_limit_of_tokens_cuts_the_answer(asker: Client, name: str) -> None:
    body = asker.post(URL, {**RABBIT, name: 5}).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 5
    chunks = chunks_of(asker.post(URL, {**RABBIT, name: 5, "stream": True}))
    assert text_of(chunks) == body["choices"][0]["message"]["content"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


def test_spellings_that_agree_are_taken(asker: Client) -> None:
    body = asker.post(URL, {**RABBIT, "max_tokens": 5, "maxTokens": 5, "max_completion_tokens": None}).json()
    assert body["usage"]["completion_tokens"] == 5


def test_a_stop_sequence_ends_the_answer_before_it(asker: Client) -> None:
    whole = asker.post(URL, RABBIT).json()["choices"][0]["message"]["content"]
    stop = whole[20:26]
    body = asker.post(URL, {**RABBIT, "stop": [stop, "never said"]}).json()
    assert body["choices"][0]["message"]["content"] == whole[: whole.index(stop)]
    assert body["choices"][0]["finish_reason"] == "stop"
    assert text_of(chunks_of(asker.post(URL, {**RABBIT, "stop": stop, "stream": True}))) == whole[: whole.index(stop)]


@pytest.mark.parametrize(
    ("model", "answered_as"),
    [
        ("PET_ADVISOR_TURBO", "PET_ADVISOR_TURBO"),
        ("pet-advisor-turbo", "PET_ADVISOR_TURBO"),
        ("pet_Advisor-1", "PET_ADVISOR_1"),
    ],
)
def test_a_model_is_named_in_any_case(asker: Client, model: str, answered_as: str) -> None:
    assert asker.post(URL, {**RABBIT, "model": model}).json()["model"] == answered_as


HINTS = {
    "logit_bias": {"50256": -100},
    "service_tier": "auto",
    "prompt_cache_key": "k",
    "reasoning_effort": "low",
    "verbosity": "low",
    "parallel_tool_calls": False,
    "user": "u-1",
    "safety_identifier": "s-1",
    "metadata": {"a": "b"},
    "seed": 7,
    "store": False,
    "n": 1,
    "logprobs": False,
    "modalities": ["text"],
    "response_format": {"type": "text"},
    "temperature": 0.2,
    "top_p": 1,
    "frequency_penalty": -2,
    "presence_penalty": 2.0,
}


def test_hints_change_nothing(asker: Client) -> None:
    plain, hinted = asker.post(URL, RABBIT).json(), asker.post(URL, {**RABBIT, **HINTS}).json()
    assert hinted["choices"] == plain["choices"]
    nulls = dict.fromkeys(set(HINTS) - {"modalities", "response_format"})
    assert asker.post(URL, {**RABBIT, **nulls}).json()["choices"] == plain["choices"]


@pytest.mark.parametrize("role", ["user", "USER", "User"])
@pytest.mark.parametrize("content", ["How do I feed a young rabbit?", [{"type": "text", "text": "How do I feed a"}]])
def test_messages_are_taken_in_any_form_of_the_schema(asker: Client, role: str, content: Any) -> None:
    said = [
        {"role": "developer", "content": "Be brief."},
        {"role": "System", "content": "Be kind."},
        {"role": "assistant", "content": "Hello!", "name": "advisor"},
        {"role": role, "content": content},
    ]
    assert asker.post(URL, {"messages": said}).status_code == 201


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"maxTokens": 5, "max_tokens": 6}, "max_tokens", "contradiction"),
        ({"stream": True, "stream_options": {}, "streamOptions": {"include_usage": True}}, "streamOptions", None),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid"),
        ({"stream": True, "stream_options": {"includeUsage": True}}, "stream_options.includeUsage", "unknown_field"),
        ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options.include_usage", "invalid"),
        ({"stream": "true"}, "stream", "invalid"),
        ({"max_tokens": 0}, "max_tokens", "out_of_range"),
        ({"max_completion_tokens": 4097}, "max_completion_tokens", "out_of_range"),
        ({"maxTokens": True}, "maxTokens", "invalid"),
        ({"maxTokens": "5"}, "maxTokens", "invalid"),
        ({"maxTokens": 5.5}, "maxTokens", "invalid"),
        ({"temperature": 2.1}, "temperature", "out_of_range"),
        ({"temperature": "hot"}, "temperature", "invalid"),
        ({"top_p": -0.1}, "top_p", "out_of_range"),
        ({"presence_penalty": 3}, "presence_penalty", "out_of_range"),
        ({"seed": 1.5}, "seed", "invalid"),
        ({"stop": ["a"] * 5}, "stop", "max_length"),
        ({"stop": ""}, "stop", "blank"),
        ({"stop": [1]}, "stop", "invalid"),
        ({"n": 2}, "n", "unsupported"),
        ({"n": True}, "n", "unsupported"),
        ({"store": True}, "store", "unsupported"),
        ({"logprobs": True}, "logprobs", "unsupported"),
        ({"top_logprobs": 2}, "top_logprobs", "unsupported"),
        ({"tools": [{"type": "function"}]}, "tools", "unsupported"),
        ({"tool_choice": "none"}, "tool_choice", "unsupported"),
        ({"functions": []}, "functions", "unsupported"),
        ({"response_format": {"type": "json_object"}}, "response_format.type", "unsupported"),
        ({"response_format": {}}, "response_format.type", "required"),
        ({"response_format": "text"}, "response_format", "invalid"),
        ({"modalities": ["text", "audio"]}, "modalities", "unsupported"),
        ({"audio": {}}, "audio", "unsupported"),
        ({"model": "gpt-5"}, "model", "invalid_choice"),
        ({"model": None}, "model", "invalid_choice"),
        ({"user": "x" * 257}, "user", "max_length"),
        ({"metadata": "x"}, "metadata", "invalid"),
        ({"temprature": 1}, "temprature", "unknown_field"),
        ({"topP": 1}, "topP", "unknown_field"),
    ],
)
def test_a_bad_member_is_refused_by_the_name_that_it_came_with(
    asker: Client, more: dict[str, Any], param: str, code: str | None
) -> None:
    problem = refusal(asker.post(URL, {**RABBIT, **more}), 400, "validation-error")
    assert problem["errors"][0]["field"] == problem["error"]["param"] == param
    assert problem["errors"][0]["code"] == (code or "contradiction")
    assert problem["error"]["code"] == "validation_error"
    assert problem["error"]["message"] == problem["detail"]
    assert consultations() == 0


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([], "messages"),
        ("hello", "messages"),
        ([{"role": "user", "content": "x"}] * 101, "messages"),
        (["hello"], "messages.0"),
        ([{"role": "user"}], "messages.0.content"),
        ([{"content": "x"}], "messages.0.role"),
        ([{"role": "user", "content": "x"}, {"role": "tool", "content": "x"}], "messages.1.role"),
        ([{"role": 7, "content": "x"}], "messages.0.role"),
        ([{"role": "user", "content": ""}], "messages.0.content"),
        ([{"role": "user", "content": None}], "messages.0.content"),
        ([{"role": "user", "content": "x" * 32_001}], "messages.0.content"),
        ([{"role": "user", "content": []}], "messages.0.content"),
        ([{"role": "user", "content": [{"type": "text", "text": "x"}] * 21}], "messages.0.content"),
        ([{"role": "user", "content": ["x"]}], "messages.0.content.0"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}], "messages.0.content.0.type"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages.0.content.0.text"),
        ([{"role": "user", "content": "x", "name": "n" * 65}], "messages.0.name"),
        ([{"role": "user", "content": "x", "mood": "good"}], "messages.0.mood"),
        ([{"role": "assistant", "content": "x", "tool_calls": []}], "messages.0.tool_calls"),
    ],
)
def test_a_bad_message_is_refused_by_its_place(asker: Client, messages: Any, param: str) -> None:
    problem = refusal(asker.post(URL, {"messages": messages}), 400, "validation-error")
    assert problem["error"]["param"] == param
    assert consultations() == 0


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "validation-error"),
        (b"{", "bad-request"),
        (b'{"messages": "\xff"}', "bad-request"),
        (b'{"messages": [{"role": "user", "content": "\\u0000"}]}', "bad-request"),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', "bad-request"),
        (b'{"n": 1, "n": 1, "messages": []}', "bad-request"),
        (b'{"temperature": NaN, "messages": []}', "bad-request"),
        (b'{"metadata": ' + b"[" * 40 + b"]" * 40 + b"}", "bad-request"),
        (b"[]", "validation-error"),
        (b'"hello"', "validation-error"),
        (b"{}", "validation-error"),
    ],
)
def test_a_body_that_is_none_is_refused(asker: Client, body: bytes, slug: str) -> None:
    problem = refusal(asker.post(URL, body, content_type="application/json"), 400, slug)
    assert problem["error"]["code"] == slug.replace("-", "_")
    assert problem["error"]["param"] in (None, "messages")
    assert consultations() == 0


def test_a_long_conversation_is_taken_up_to_a_megabyte(asker: Client) -> None:
    long = [{"role": "user", "content": "hay " * 8000}] * 32
    assert len(json.dumps({"messages": long})) > 1_000_000
    assert asker.post(URL, {"messages": long, "max_tokens": 5}).status_code == 201
    problem = refusal(asker.post(URL, {"messages": long * 3}), 413, "payload-too-large")
    assert problem["error"]["type"] == "invalid_request_error"


def test_who_may_ask(api: Client, alice: User, acme: Tenant, charlie: User) -> None:
    nobody = refusal(api.at(acme).post(URL, RABBIT), 401, "unauthorized")
    assert nobody["error"]["type"] == "authentication_error"
    for client in (holding(alice, "read:pets"), holding(charlie, "chat:write", at=acme)):
        refused = refusal(client.post(URL, RABBIT), 403, "forbidden")
        assert refused["error"]["type"] == "permission_error"
        assert client.get("/v1/models").status_code == 403
    assert consultations() == 0
    assert holding(alice, "chat:write").post(URL, RABBIT).status_code == 201


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
@pytest.mark.parametrize("path", [URL, "/v1/models", "/v1/models/PET_ADVISOR_1"])
def test_other_methods_are_405_with_an_error_for_the_libraries(asker: Client, method: str, path: str) -> None:
    if method == "get" and path != URL:
        return
    answer = getattr(asker, method)(path)
    problem = refusal(answer, 405, "method-not-allowed")
    assert problem["error"]["type"] == "invalid_request_error"
    assert answer["Allow"]


def test_options_and_other_media_types(asker: Client) -> None:
    assert asker.options(URL).status_code == 204
    answer = asker.post(URL, b"messages=1", content_type="application/x-www-form-urlencoded")
    assert refusal(answer, 415, "unsupported-media-type")["error"]["param"] is None


def test_a_ninth_answer_at_once_is_refused(asker: Client, alice: User) -> None:
    places = [answers.take_place(alice.id) for _ in range(PER_USER)]
    try:
        answer = asker.post(URL, RABBIT)
        problem = refusal(answer, 429, "rate-limit-exceeded")
        assert (problem["error"]["type"], answer["Retry-After"]) == ("rate_limit_error", "5")
        assert consultations() == 0
    finally:
        for leave in places:
            leave()
    assert asker.post(URL, RABBIT).status_code == 201
    assert asker.post(URL, {**RABBIT, "stream": True}).status_code == 200
    assert len(answers) == 0


def test_nothing_is_stored_or_logged_but_a_count(asker: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(asker, "My secret rabbit Zebulon eats what?")
        asker.post(URL, {"messages": [{"role": "user", "content": "My secret rabbit Zebulon"}], "stream": True})
    assert consultations() == 2
    assert "Zebulon" not in caplog.text


def test_the_models_are_listed_and_found_in_any_case(asker: Client, api: Client, acme: Tenant) -> None:
    listed = asker.get("/v1/models").json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["PET_ADVISOR_1", "PET_ADVISOR_TURBO"]
    for name in ("PET_ADVISOR_1", "pet-advisor-1"):
        found = asker.get(f"/v1/models/{name}")
        assert found.json() == listed["data"][0]
        assert asker.get(f"/v1/models/{name}", HTTP_IF_NONE_MATCH=found["ETag"]).status_code == 304
    unknown = refusal(asker.get("/v1/models/gpt-5"), 404, "not-found")
    assert unknown["error"]["code"] == "not_found"
    assert asker.head("/v1/models").status_code == 200
    assert api.at(acme).get("/v1/models").status_code == 401


def test_pets_are_cited_by_name_and_address(asker: Client, acme: Tenant, globex: Tenant) -> None:
    rabbit = PetFactory.create(tenant=acme, name="Bunny", species="RABBIT")
    PetFactory.create(tenant=globex, name="Foreigner", species="RABBIT")
    body = ask(asker, "Which rabbits do you have?").json()
    message = body["choices"][0]["message"]
    (note,) = message["annotations"]
    citation = note["url_citation"]
    assert citation["url"] == f"http://testserver/v1/pets/{rabbit.id}"
    assert message["content"][citation["start_index"] : citation["end_index"]] == citation["title"] == "Bunny"
    assert "Foreigner" not in message["content"]
    chunks = chunks_of(ask(asker, "Which rabbits do you have?", stream=True))
    assert chunks[-2]["choices"][0]["delta"] == {"annotations": message["annotations"]}


def test_a_name_that_the_limit_cuts_is_not_cited(asker: Client, acme: Tenant) -> None:
    PetFactory.create(tenant=acme, name="Bunny", species="RABBIT")
    PetFactory.create(tenant=acme, name="Zora", species="RABBIT")
    whole = ask(asker, "Which rabbits do you have?").json()
    most = whole["usage"]["completion_tokens"]
    for limit in range(1, most + 1):
        message = ask(asker, "Which rabbits do you have?", max_tokens=limit).json()["choices"][0]["message"]
        streamed = chunks_of(ask(asker, "Which rabbits do you have?", max_tokens=limit, stream=True))
        noted = [note for chunk in streamed for note in chunk["choices"][0]["delta"].get("annotations", [])]
        assert (noted, streamed[-1]["system_fingerprint"]) == (message["annotations"], whole["system_fingerprint"])
        for note in message["annotations"]:
            citation = note["url_citation"]
            assert message["content"][citation["start_index"] : citation["end_index"]] == citation["title"]
    assert len(whole["choices"][0]["message"]["annotations"]) == 2


def test_without_read_pets_no_pet_is_named(alice: User, acme: Tenant) -> None:
    PetFactory.create(tenant=acme, name="Bunny", species="RABBIT")
    message = ask(holding(alice, "chat:write"), "Which rabbits do you have?").json()["choices"][0]["message"]
    assert message["annotations"] == []
    assert "Bunny" not in message["content"]
