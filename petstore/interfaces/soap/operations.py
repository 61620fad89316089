"""The operations: each takes the fields of its request, calls one use case and writes the response (contract, SOAP)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from idempotency.requests import IdempotentRequest, identify_principal
from idempotency.services import ReplayableResponse, run_once
from kernel import ids
from kernel.access import UseCase
from kernel.actor import Actor
from kernel.errors import DomainError
from orders.errors import OrderNotFound
from orders.queries import get_order
from orders.services.placement import place_order
from payments.services.order_transitions import cancel_order
from pets.errors import PetNotFound
from pets.models import Pet
from pets.queries import get_pet, list_pets_with_photos
from petstore.interfaces.http.search_limit import hold_search_slot
from petstore.interfaces.representation.collections import build_pagination_figures, read_collection_page
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.cursors import OLDEST_FIRST
from petstore.interfaces.representation.filters import filter_by_query, write_as_query
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.representation.orders import OrderInput, OrderOutput
from petstore.interfaces.representation.page_requests import read_page_request
from petstore.interfaces.representation.pet_filters import ANY_STATUS, PetFilter
from petstore.interfaces.representation.pets import compile_pet_representation
from petstore.interfaces.representation.totals import count_rows_bounded
from petstore.interfaces.soap.elements import write_envelope, write_root_element

OK: Final = 200
_FIGURES: Final = ("page", "limit", "totalItems", "totalPages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of an operation.

    Attributes:
        fields: of the request, by their names in the WSDL.
        site: the address of the site, for links.
        idempotency_key: None without the header.
    """

    fields: Mapping[str, str | int | bool]
    actor: Actor
    site: str
    idempotency_key: str | None = None

    def read_id(self, not_found: type[DomainError]) -> UUID:
        """Return the id of what is to be read or changed; no row has one that is no UUID."""
        found = ids.parse_id(str(self.fields["id"]))
        if found is None:
            raise not_found
        return found


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation.

    Attributes:
        use_case: says who may call it.
        run: makes the response of a call.
    """

    use_case: UseCase
    run: Callable[[Call], ReplayableResponse]


def show_pet(call: Call) -> ReplayableResponse:
    """Return one pet."""
    pet = get_pet(call.read_id(PetNotFound))
    return _build_response("GetPetResponse", {"pet": _represent_pets(call.site)(pet)})


def list_pets(call: Call) -> ReplayableResponse:
    """Return one page of the pets that match, oldest first."""
    query = write_as_query(call.fields)
    if query.pop("allStatuses", "") == "true":
        query["status"] = ANY_STATUS
    asked = read_page_request(query)
    rows = filter_by_query(PetFilter, query, list_pets_with_photos())
    with hold_search_slot(query.get("search", "")):
        page = read_collection_page(rows, OLDEST_FIRST, asked)
        total = count_rows_bounded(rows)
    figures = build_pagination_figures(page, total)
    content = {
        "pets": {"pet": list(map(_represent_pets(call.site), page.rows))},
        "pagination": {name: figures[name] for name in _FIGURES},
    }
    return _build_response("ListPetsResponse", content)


def create_order(call: Call) -> ReplayableResponse:
    """Place an order, once for each Idempotency-Key."""
    values = OrderInput.validate_request_body(call.fields)

    def place_and_represent() -> ReplayableResponse:
        order = place_order(pet_id=values["petId"], customer_id=values.get("userId"), actor=call.actor)
        return _build_response("CreateOrderResponse", {"order": compile_representation(OrderOutput)(order)})

    if call.idempotency_key is None:
        return place_and_represent()
    once = IdempotentRequest(
        principal=identify_principal(call.actor),
        operation="soap.create_order",
        key=call.idempotency_key,
        content=render_json_bytes(values),
    )
    return run_once(once, place_and_represent)


def show_order(call: Call) -> ReplayableResponse:
    """Return one order."""
    order = get_order(call.read_id(OrderNotFound), actor=call.actor)
    return _build_response("GetOrderResponse", {"order": compile_representation(OrderOutput)(order)})


def cancel_placed_order(call: Call) -> ReplayableResponse:
    """Cancel an order and return it."""
    order = cancel_order(order_id=call.read_id(OrderNotFound), actor=call.actor)
    return _build_response("CancelOrderResponse", {"order": compile_representation(OrderOutput)(order)})


OPERATIONS: Final = {
    "GetPet": Operation(get_pet, show_pet),
    "ListPets": Operation(list_pets_with_photos, list_pets),
    "CreateOrder": Operation(place_order, create_order),
    "GetOrder": Operation(get_order, show_order),
    "CancelOrder": Operation(cancel_order, cancel_placed_order),
}


def _represent_pets(site: str) -> Callable[[Pet], dict[str, Any]]:
    represent = compile_pet_representation(site)

    def represent_pet(pet: Pet) -> dict[str, Any]:
        data = represent(pet)
        return data | {"photos": {"photo": data["photos"]}}

    return represent_pet


def _build_response(name: str, content: Mapping[str, Any]) -> ReplayableResponse:
    return ReplayableResponse(OK, write_envelope(write_root_element(name, content)))
