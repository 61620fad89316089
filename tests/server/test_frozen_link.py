"""A database that says nothing keeps nobody waiting for ever (G18): frozen, or behind a link or a pooler that is."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from database import timeouts
from pets.models import Pet
from tests.client import Client
from tests.relays import relayed
from tests.rest.problems import assert_problem

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no link"),
]


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "GRACE_SECONDS", 0.0)


def _order(pet: Pet, key: str | None = None) -> Any:
    return Client().post("/v1/orders", {"petId": str(pet.id)}, headers={"Idempotency-Key": key} if key else None)


@pytest.mark.parametrize("key", [None, str(uuid4())], ids=["by the wire", "by a cursor, in a transaction"])
def test_a_link_that_freezes_is_a_503_and_given_up(stray: Pet, key: str | None) -> None:
    with timeouts.use_timeouts(replace(timeouts.WEB, statement=1)), relayed() as relay:
        assert Client().get("/v1/pets").status_code == 200
        relay.freeze()
        answer = _order(stray, key)
        assert_problem(answer, 503, "internal-server-error")
        assert answer["Retry-After"] == "1"
        assert connection.connection is None or connection.connection.closed
        relay.thaw()
        connections.close_all()  # as at the end of each request
        assert Client().get("/v1/pets").status_code == 200


def test_without_a_limit_it_is_waited_for(stray: Pet) -> None:
    """The control."""
    with timeouts.use_timeouts(timeouts.COMMAND), relayed() as relay, ThreadPoolExecutor(1) as pool:
        pool.submit(Client().get, "/v1/pets").result()
        relay.freeze()
        ordering = pool.submit(_order, stray)
        with pytest.raises(NotYet):
            ordering.result(3)
        relay.thaw()
        assert ordering.result().status_code == 201
        pool.submit(connections.close_all).result()


def test_each_process_waits_a_little_longer_than_the_server_works() -> None:
    kinds = (timeouts.WEB, timeouts.WORKER, timeouts.COMMAND, timeouts.MIGRATION)
    assert [kind.answer_timeout for kind in kinds] == [5, 30, None, None]
