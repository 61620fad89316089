"""Messages that several threads read at once (contract, SOAP)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from kernel.errors import Invalid
from petstore.interfaces.soap.envelopes import read_body_element
from petstore.interfaces.soap.schema import read_request_fields
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
