"""What Django does at both ends of a request is done without its signals, and with them where others listen."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import signals
from django.db import connection
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse

from petstore.server.request_boundaries import DJANGOS_RECEIVERS, RequestBoundaries

SCOPE: dict[str, Any] = {"type": "http", "root_path": ""}


class Handler:
    """A handler that sends the signals."""


@pytest.mark.parametrize("signal", DJANGOS_RECEIVERS, ids=["started", "finished"])
def test_nobody_else_listens_than_what_is_replaced(signal: Signal) -> None:
    listening = {entry[1]() for entry in signal.receivers}
    assert listening == {*DJANGOS_RECEIVERS[signal]}


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The names of the signals that somebody else hears of."""
    names: list[str] = []

    def hear_start(**_: object) -> None:
        names.append("started")

    def hear_end(**_: object) -> None:
        names.append("finished")

    signals.request_started.connect(hear_start)
    signals.request_finished.connect(hear_end)
    yield names
    signals.request_started.disconnect(hear_start)
    signals.request_finished.disconnect(hear_end)


def test_whoever_listens_is_told(heard: list[str], transactional_db: None) -> None:
    boundaries = RequestBoundaries(Handler)
    boundaries.begin_request(SCOPE)
    boundaries.finish_request(HttpRequest(), HttpResponse())
    assert heard == ["started", "finished"]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="Django takes a file for usable at any time")
@pytest.mark.parametrize("end", ["begin", "finish"])
def test_a_broken_connection_is_left_at_either_end(transactional_db: None, end: str) -> None:
    connection.ensure_connection()
    connection.connection.close()
    connection.errors_occurred = True
    boundaries, response = RequestBoundaries(Handler), HttpResponse()
    if end == "begin":
        boundaries.begin_request(SCOPE)
    else:
        boundaries.finish_request(HttpRequest(), response)
    assert connection.connection is None


def test_what_a_response_holds_is_closed(transactional_db: None) -> None:
    response, closed = HttpResponse(), []
    response._resource_closers.append(lambda: closed.append("file"))  # type: ignore[attr-defined]  # noqa: SLF001  # as responses keep it
    RequestBoundaries(Handler).finish_request(HttpRequest(), response)
    assert closed == ["file"]
    assert response.closed
