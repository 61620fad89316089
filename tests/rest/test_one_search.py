"""Searches by words keep nobody else waiting: one at a time in a process (G18)."""

import time
from collections.abc import Iterator
from threading import Event, get_ident
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from pets.models import Pet
from petstore.interfaces.http import search_limit
from tests.client import Client
from tests.concurrency import PATIENCE, run_together
from tests.rest.problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def somebody_searches() -> Iterator[None]:
    """For longer than a moment by now."""
    assert search_limit.search_slot.acquire_search_slot()
    time.sleep(search_limit.MOMENT_SECONDS)
    yield
    search_limit.search_slot.release_search_slot()


@pytest.mark.parametrize("query", ["search=rex", "se%61rch=rex", "status=ALL&search=rex"])
def test_a_second_search_is_a_503_that_says_when_to_come_again(
    api: Client, stray: Pet, somebody_searches: None, query: str
) -> None:
    answer = api.get(f"/v1/pets?{query}")
    assert_problem(answer, 503, "internal-server-error")
    assert answer["Retry-After"] == "1"
    assert answer.json()["detail"] == "Another search is still running; try again in a moment."


@pytest.mark.parametrize("path", ["/admin/pets/pet/?q=rex", "/admin/autocomplete/?term=rex"])
def test_so_it_is_in_the_back_office(client: Browser, somebody_searches: None, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "Back in a moment" in answer.content.decode()


@pytest.mark.parametrize("query", ["", "?search=", "?species=DOG", "?sort=price"])
def test_whoever_looks_for_no_words_is_served_meanwhile(
    api: Client, stray: Pet, somebody_searches: None, query: str
) -> None:
    assert api.get(f"/v1/pets{query}").status_code == 200


def test_a_search_that_fails_ends_its_turn(api: Client, stray: Pet) -> None:
    assert api.get("/v1/pets?search=rex&limit=many").status_code == 400
    assert api.get("/v1/pets?search=rex").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_bounded", [True, False], ids=["one at a time", "control"])
def test_of_four_slow_searches_one_reaches_the_database(
    stray: Pet, monkeypatch: pytest.MonkeyPatch, is_bounded: bool
) -> None:
    """Without turns all four do."""
    searchers = _Searchers()
    if not is_bounded:
        monkeypatch.setattr(search_limit, "WORDS", ())
    statuses = sorted(run_together([searchers.search] * 4).results)
    assert (len(searchers.arrived), statuses) == ((1, [200, 503, 503, 503]) if is_bounded else (4, [200] * 4))


class _Searchers:
    """Their statements last until all four have come to the database or been refused."""

    def __init__(self) -> None:
        self.arrived: set[int] = set()
        self._refused: list[int] = []
        self._is_over = Event()

    def search(self) -> int:
        with connection.execute_wrapper(self._hold):
            status = int(Client().get("/v1/pets?search=rex").status_code)
        if status == 503:
            self._refused.append(status)
            self._look()
        return status

    def _hold(self, execute: Any, sql: str, *rest: Any) -> Any:
        if "LIKE" in sql:
            self.arrived.add(get_ident())
            self._look()
            assert self._is_over.wait(PATIENCE)
        return execute(sql, *rest)

    def _look(self) -> None:
        if len(self.arrived) + len(self._refused) == 4:
            self._is_over.set()
