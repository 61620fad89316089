"""The tools: each parses its arguments, calls one use case and represents the result (contract, MCP)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from rest_framework import serializers

from idempotency.requests import MAX_KEY, IdempotentRequest, identify_principal
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
from pets.queries import count_inventory, get_pet, list_pets_with_photos
from petstore.interfaces.http.search_limit import hold_search_slot
from petstore.interfaces.representation.collections import build_pagination_figures, read_collection_page
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.cursors import OLDEST_FIRST
from petstore.interfaces.representation.fields import FlagField, IdField, TextField, WholeNumberField
from petstore.interfaces.representation.filters import SearchFilter, filter_by_query, write_as_query
from petstore.interfaces.representation.inventory import InventoryOutput
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.representation.page_requests import read_page_request
from petstore.interfaces.representation.pet_filters import SEARCHED_COLUMNS, PetFilter
from petstore.interfaces.representation.pets import compile_pet_representation
from petstore.interfaces.representation.serializers import InputSerializer
from petstore.interfaces.representation.totals import count_rows_bounded

Arguments = Mapping[str, Any]
Result = dict[str, Any]
CREATED = 201
MAX_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Attributes:
        use_case: says who may call it.
        run: takes the arguments, the actor and the address of the site, and returns what REST shows.
    """

    use_case: UseCase
    run: Callable[[Arguments, Actor, str], Result]


class PetSearchArguments(InputSerializer):
    """The arguments of `search_pets`, by their types; REST's filters check the values."""

    species = TextField(required=False)
    status = TextField(required=False)
    size = TextField(required=False)
    goodWithKids = FlagField(required=False)
    ageMin = WholeNumberField(required=False, min_value=None, max_value=None)
    ageMax = WholeNumberField(required=False, min_value=None, max_value=None)
    priceMin = TextField(required=False)
    priceMax = TextField(required=False)
    search = TextField(required=False, allow_blank=True)
    page = WholeNumberField(required=False, min_value=None, max_value=None)
    limit = WholeNumberField(required=False, min_value=None, max_value=None)


class PetArguments(InputSerializer):
    """The arguments of `get_pet`."""

    petId = TextField(allow_blank=True)


class OrderArguments(InputSerializer):
    """The arguments of `get_order` and `cancel_order`."""

    orderId = TextField(allow_blank=True)


def refuse_odd_key(key: str) -> None:
    """Refuse a key that is not printable ASCII here, where the serializer can name the argument."""
    if not (key.isascii() and key.isprintable()):
        raise serializers.ValidationError(f"Give 1 to {MAX_KEY} printable characters.", code="invalid")


class NewOrderArguments(InputSerializer):
    """The arguments of `create_order`."""

    petId = IdField()
    userId = IdField(required=False)
    idempotencyKey = TextField(required=False, max_length=MAX_KEY, validators=[refuse_odd_key])


class NoArguments(InputSerializer):
    """The arguments of a tool that takes none."""


class WordyPetFilter(PetFilter):
    """The filters of pets with a longer search than a query string's."""

    search = SearchFilter(columns=SEARCHED_COLUMNS, most=MAX_SEARCH)

    class Meta(PetFilter.Meta):
        fields: ClassVar[list[str]] = []


def search_pets(arguments: Arguments, _actor: Actor, site: str) -> Result:
    """Return one page of the pets that match."""
    query = write_as_query(PetSearchArguments.validate_request_body(arguments))
    asked = read_page_request(query)
    rows = filter_by_query(WordyPetFilter, query, list_pets_with_photos())
    with hold_search_slot(query.get("search", "")):
        page = read_collection_page(rows, OLDEST_FIRST, asked)
        total = count_rows_bounded(rows)
    represent = compile_pet_representation(site)
    return {"data": [represent(pet) for pet in page.rows], "pagination": build_pagination_figures(page, total)}


def show_pet(arguments: Arguments, _actor: Actor, site: str) -> Result:
    """Return one pet."""
    pet_id = _parse_id(PetArguments.validate_request_body(arguments)["petId"], PetNotFound)
    return compile_pet_representation(site)(get_pet(pet_id))


def create_order(arguments: Arguments, actor: Actor, _site: str) -> Result:
    """Place an order, once for each `idempotencyKey`."""
    values = NewOrderArguments.validate_request_body(arguments)
    key = values.pop("idempotencyKey", None)

    def place_and_represent() -> ReplayableResponse:
        order = place_order(pet_id=values["petId"], customer_id=values.get("userId"), actor=actor)
        return ReplayableResponse(CREATED, render_json_bytes(compile_representation(OrderOutput)(order)))

    if key is None:
        stored = place_and_represent()
    else:
        once = IdempotentRequest(
            principal=identify_principal(actor),
            operation="mcp.create_order",
            key=key,
            content=render_json_bytes(values),
        )
        stored = run_once(once, place_and_represent)
    placed: Result = orjson.loads(stored.body)
    return placed


def show_order(arguments: Arguments, actor: Actor, _site: str) -> Result:
    """Return one order."""
    return compile_representation(OrderOutput)(get_order(_read_order_id(arguments), actor=actor))


def cancel_placed_order(arguments: Arguments, actor: Actor, _site: str) -> Result:
    """Cancel an order and return it."""
    return compile_representation(OrderOutput)(cancel_order(order_id=_read_order_id(arguments), actor=actor))


def show_inventory(arguments: Arguments, _actor: Actor, _site: str) -> Result:
    """Count the pets."""
    NoArguments.validate_request_body(arguments)
    return compile_representation(InventoryOutput)(count_inventory())


TOOLS: Final = {
    "search_pets": Tool(list_pets_with_photos, search_pets),
    "get_pet": Tool(get_pet, show_pet),
    "create_order": Tool(place_order, create_order),
    "get_order": Tool(get_order, show_order),
    "cancel_order": Tool(cancel_order, cancel_placed_order),
    "get_inventory": Tool(count_inventory, show_inventory),
}


def _read_order_id(arguments: Arguments) -> UUID:
    return _parse_id(OrderArguments.validate_request_body(arguments)["orderId"], OrderNotFound)


def _parse_id(text: str, not_found: type[DomainError]) -> UUID:
    """Return the id of what is to be read or changed; no row has one that is no UUID."""
    found = ids.parse_id(text)
    if found is None:
        raise not_found
    return found
