"""Whatever large thing stands in a field, the refusal is short: nothing is judged item by item (guarantees, G9)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse

from accounts.models import User
from petstore.server.request_limits import MAX_BODY
from tests.client import Client
from tests.rest import conformance
from tests.rest.test_answers import CALLS, ids

__all__ = ["ids"]

LONGEST_ANSWER = 1_000
HUGE: dict[str, Any] = {
    "a text": "x" * 250_000,
    "an address": "http://" + "a." * 120_000,
    "zeros": [0] * 9_900,
    "objects": [{} for _ in range(9_000)],
    "names": {str(number): 0 for number in range(4_900)},
}
OPERATIONS = {
    operation["operationId"]: operation
    for operation in conformance.operations().values()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
}
WAYS = {call[0]: (call[1], call[2]) for call in CALLS}


def _example(operation: dict[str, Any]) -> dict[str, Any]:
    media = operation["requestBody"]["content"]["application/json"]
    example: dict[str, Any] = next(iter(media["examples"].values()))["value"]
    return example


def _fields(example: dict[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in example.items():
        yield (*before, name)
        if isinstance(value, dict):
            yield from _fields(value, (*before, name))


def _with(example: dict[str, Any], field: tuple[str, ...], value: Any) -> str:
    body = json.loads(json.dumps(example))
    inner = body
    for name in field[:-1]:
        inner = inner[name]
    inner[field[-1]] = value
    return json.dumps(body)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_huge_field_is_refused_in_short(api: Client, sam: User, ids: dict[str, str], name: str) -> None:
    method, path = WAYS[name]
    client, example = api.as_(sam), _example(OPERATIONS[name])
    for field in _fields(example):
        for what, value in HUGE.items():
            body = _with(example, field, value)
            assert len(body) <= MAX_BODY
            answer: HttpResponse = client.generic(
                method.upper(), f"/v1/{path.format(**ids)}", body, content_type="application/json"
            )
            assert answer.status_code < 500, (field, what)
            assert len(answer.content) <= LONGEST_ANSWER, (field, what)
