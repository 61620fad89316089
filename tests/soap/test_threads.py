"""Messages that several threads read at once (contract, SOAP)."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from kernel.errors import Invalid
from petstore.interfaces.soap.envelopes import read_body_element
from petstore.interfaces.soap.names import KnownNames
from petstore.interfaces.soap.schema import read_request_fields
from petstore.interfaces.soap.walls import check_message_walls
from petstore.server.listener import ROOT
from tests.soap.consumers import envelope, request

ROUNDS: Final = 400
CASES: Final[list[tuple[str, Any]]] = [
    (request("GetPet", id="a"), {"id": "a"}),
    (request("GetPet"), ["id"]),
    (request("ListPets", species="FISH"), ["species"]),
    (request("ListPets", ageMin="x", page="y"), ["ageMin", "page"]),
    (request("ListPets", goodWithKids=True, limit=5), {"goodWithKids": True, "limit": 5}),
]


def read(body: str) -> Any:
    """The fields of a request, or the names of those at fault."""
    try:
        return read_request_fields(read_body_element(envelope(body)))
    except Invalid as error:
        return [fault.field for fault in error.faults]


def test_each_thread_gets_the_fields_and_the_faults_of_its_own_message() -> None:
    asked = CASES * ROUNDS
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read, [body for body, _ in asked]))
    assert found == [expected for _, expected in asked]


def test_names_are_known_as_long_as_there_is_room_and_a_message_with_others_is_read_in_a_thread_of_its_own() -> None:
    names = KnownNames(most=3, length=20)
    assert names.learn_names({"a", "b"})
    assert names.learn_names({"b"})
    assert not names.learn_names({"c", "d"}), "four names are too many"
    assert not names.learn_names({"x" * 19}), "so long a name has no room"
    assert names.learn_names({"c"})
    assert len(names) == 3


def test_white_space_between_tags_counts_as_a_name_does() -> None:
    """libxml2 keeps up to sixty blanks between two tags as it keeps names."""
    blanks = ["\n" + " \t" * 20, " " * 30, "\n" * 16]
    laid_out = envelope(f"<a>{blanks[0]}<b/>{blanks[1]}<!-- c -->{blanks[2]}</a>")
    assert check_message_walls(laid_out) - check_message_walls(envelope("<a><b/><!-- c --></a>")) == set(blanks)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.own_store  # it starts a process, whose memory nothing else has used
def test_names_that_nobody_uses_again_take_no_memory_for_good() -> None:
    """libxml2 keeps each name as long as the thread lives that has read it; the control shows how much that is."""
    command = (sys.executable, "-m", "tests.soap.strange_names")
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout  # noqa: S603  # ours
    kept, control = map(int, printed.split())
    assert control > 12
    assert kept < control / 2
