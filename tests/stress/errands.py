"""Callers who check every answer: whether it is about what they asked for."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from pets.models import Pet
from tenants.models import Tenant
from tests.factories import PetFactory

REQUESTS_A_ROUND = 5
SERVER_ERROR = 500
ATTEMPTS = 5
"""At a cancellation, without which the pet would not be there for the next round."""


@dataclass
class Answers:
    """How often each status was answered, and what was answered that is not so."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def defects(self) -> int:
        return self.statuses[SERVER_ERROR]

    def __str__(self) -> str:
        statuses = ", ".join(f"{number} × {status}" for status, number in sorted(self.statuses.items()))
        return f"{self.statuses.total()} requests, {len(self.wrong)} wrong answers, {statuses}"


def run_errands(address: str, shop: Tenant, *, clients: int, rounds: int) -> Answers:
    """Have clients order, look and cancel in a shop that is open, each with a pet of its own, all at once."""
    pets = [PetFactory.create(tenant=shop) for _ in range(clients)]
    answers = Answers()
    with ThreadPoolExecutor(clients) as pool:
        for future in [pool.submit(_run, address, shop, pet, rounds, answers) for pet in pets]:
            future.result()
    return answers


def _run(address: str, shop: Tenant, pet: Pet, rounds: int, answers: Answers) -> None:
    headers = {"X-Tenant-ID": str(shop.id)}
    with httpx.Client(base_url=f"{address}/v1", headers=headers, timeout=30) as client:
        for _ in range(rounds):
            _order_and_cancel(_Caller(client, answers), pet)


class _Caller:
    def __init__(self, client: httpx.Client, answers: Answers) -> None:
        self._client = client
        self._answers = answers

    def ask(self, method: str, path: str, expected: Sequence[int], **request: Any) -> Any:
        """What is answered; None where it is a refusal."""
        answer = self._client.request(method, path, **request)
        self._answers.statuses[answer.status_code] += 1
        if answer.status_code not in expected:
            self.check(answer.status_code >= SERVER_ERROR, f"{method} {path}: {answer.status_code} {answer.text}")
            return None
        return answer.json() if answer.content else {}

    def check(self, is_right: bool, told: object) -> None:
        if not is_right:
            self._answers.wrong.append(str(told))


def _order_and_cancel(caller: _Caller, pet: Pet) -> None:
    placed = caller.ask("POST", "/orders", [201], json={"petId": str(pet.id)})
    found = caller.ask("GET", f"/pets/{pet.id}", [200])
    listed = caller.ask("GET", "/pets?status=ALL&limit=100", [200])
    if found is not None:
        caller.check((found["id"], found["name"]) == (str(pet.id), pet.name), found)
    if listed is not None:
        caller.check(str(pet.id) in {row["id"] for row in listed["data"]}, "a list without the pet")
    if placed is None:
        return
    caller.check(placed["petId"] == str(pet.id), placed)
    order = caller.ask("GET", f"/orders/{placed['id']}", [200])
    if order is not None:
        caller.check((order["id"], order["status"]) == (placed["id"], "PLACED"), order)
    any(caller.ask("DELETE", f"/orders/{placed['id']}", [204]) is not None for _ in range(ATTEMPTS))
