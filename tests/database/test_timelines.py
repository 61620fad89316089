"""A server that was left behind at a promotion is refused (guarantees, G23)."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, close_old_connections, connection
from django.test import Client as Browser

from database.postgresql.connections import Place
from database.postgresql.timelines import NewestPlace, ServerLeftBehind, newest_place
from tests.client import Client
from tests.rest.problems import assert_problem
from tests.stress.clusters import database_at


@pytest.fixture
def later() -> Iterator[Place]:
    """A timeline of this very database that is far ahead of its server's, as another connection would tell of it."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is one file")
    connection.close()
    connection.ensure_connection()
    here = newest_place.read_place()
    yield Place(here.system, here.timeline + 5)
    newest_place.forget_place()
    connection.close()


def test_a_later_timeline_is_remembered_and_an_earlier_one_is_refused() -> None:
    newest = NewestPlace()
    assert newest.note_place(Place(7, 1))
    assert newest.note_place(Place(7, 3))
    assert not newest.note_place(Place(7, 2))
    assert newest.note_place(Place(7, 3))
    assert newest.read_place() == Place(7, 3)


def test_another_database_begins_anew() -> None:
    newest = NewestPlace()
    newest.note_place(Place(7, 3))
    assert newest.note_place(Place(2**64 - 1, 1))
    assert newest.read_place() == Place(2**64 - 1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_to_a_server_that_was_left_behind_is_refused(later: Place) -> None:
    connection.close()
    newest_place.note_place(later)
    with pytest.raises(OperationalError, match="left behind") as refused:
        connection.ensure_connection()
    assert isinstance(refused.value.__cause__, ServerLeftBehind)


@pytest.mark.django_db(transaction=True)
def test_so_it_is_with_all_of_several_hosts(later: Place) -> None:
    newest_place.note_place(later)
    settings = connection.settings_dict
    host, port = settings["HOST"], str(settings["PORT"] or 5432)
    with database_at(f"{host},{host}", f"{port},{port}"), pytest.raises(OperationalError, match="left behind"):
        connection.ensure_connection()


@pytest.mark.django_db(transaction=True)
def test_an_open_connection_to_it_is_left_before_the_next_request(later: Place) -> None:
    before = connection.connection
    close_old_connections()
    assert connection.connection is before
    newest_place.note_place(later)
    close_old_connections()
    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_callers_are_asked_to_come_again_and_readyz_says_why(later: Place, client: Browser) -> None:
    connection.close()
    newest_place.note_place(later)
    answer = Client().get("/v1/pets")
    assert_problem(answer, 503, "internal-server-error")
    database = client.get("/readyz").json()["checks"][0]
    assert (database["ok"], "left behind" in database["detail"]) == (False, True)


@pytest.mark.django_db(transaction=True)
def test_readyz_asks_the_server_of_now(later: Place, client: Browser) -> None:
    """As behind a pooler, where a connection outlives the server that it was made to."""
    connection.ensure_connection()
    newest_place.note_place(later)
    assert client.get("/readyz").json()["checks"][0]["ok"] is False
