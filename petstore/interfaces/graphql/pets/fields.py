"""The fields of `Query` that read pets (contract, Pets; Inventory)."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from pets.errors import PetNotFound
from pets.models import Pet
from pets.queries import count_inventory, get_pet, list_pets_with_photos
from petstore.interfaces.graphql.arguments import Arguments, read_id, read_page
from petstore.interfaces.graphql.bindings import FieldInfo, TypeBinding
from petstore.interfaces.graphql.connections import Connection, read_window
from petstore.interfaces.graphql.faults import rename_faults
from petstore.interfaces.graphql.pets.types import PetSource
from petstore.interfaces.graphql.siblings import make_single_source, make_sources
from petstore.interfaces.http.problems import to_camel_case
from petstore.interfaces.http.search_limit import hold_search_slot
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.cursors import Ordering
from petstore.interfaces.representation.filters import filter_by_query, write_as_query
from petstore.interfaces.representation.inventory import InventoryOutput
from petstore.interfaces.representation.pet_filters import (
    ANY_STATUS,
    PetFilter,
    check_age_range,
    choose_pet_ordering,
)
from petstore.interfaces.representation.totals import count_rows_bounded

_OWN_ARGUMENTS: Final = ("species", "status", "sort")
"""The arguments of the fields themselves; REST's other filters stand in `filter`."""


class PetList(NamedTuple):
    """The pets that the arguments ask for.

    Attributes:
        words: what is searched for, if anything.
    """

    rows: QuerySet[Pet]
    ordering: Ordering
    words: str


def resolve_pets(_root: object, info: FieldInfo, **arguments: Any) -> Sequence[PetSource]:
    """Return one page of pets."""
    info.context.admit_to(list_pets_with_photos)
    pets, page = _find_pets(arguments), read_page(arguments)
    with hold_search_slot(pets.words):
        return make_sources(
            pets.rows.order_by(*pets.ordering.order_by_columns)[page.row_offset : page.row_offset + page.limit]
        )


def resolve_pets_connection(_root: object, info: FieldInfo, **arguments: Any) -> Connection:
    """Return a window of the pets."""
    info.context.admit_to(list_pets_with_photos)
    rows, ordering, words = _find_pets(arguments)
    window = read_window(arguments, ordering, rows)
    return Connection(rows, ordering, window, lambda: count_rows_bounded(rows), words)


def resolve_pet(_root: object, info: FieldInfo, **arguments: Any) -> PetSource:
    """Return one pet."""
    info.context.admit_to(get_pet)
    return make_single_source(get_pet(read_id(arguments, PetNotFound)))


def resolve_inventory(_root: object, info: FieldInfo) -> dict[str, Any]:
    """Count the pets."""
    info.context.admit_to(count_inventory)
    counted = compile_representation(InventoryOutput)(count_inventory())
    by_species = [{"species": species, "count": count} for species, count in counted["bySpecies"].items()]
    return counted | {"bySpecies": by_species}


def _find_pets(arguments: Arguments) -> PetList:
    query = _write_pet_query(arguments)
    with rename_faults(lambda name: name if name in _OWN_ARGUMENTS else f"filter.{name}"):
        rows = filter_by_query(PetFilter, query, list_pets_with_photos().prefetch_related(None))
        criteria = arguments.get("filter") or {}
        check_age_range(criteria.get("ageMin"), criteria.get("ageMax"))
    return PetList(rows, choose_pet_ordering(query.get("sort", "")), query.get("search", ""))


def _write_pet_query(arguments: Arguments) -> dict[str, str]:
    """Write the arguments as REST's query string."""
    criteria = dict(arguments.get("filter") or {})
    status = ANY_STATUS if criteria.pop("allStatuses", False) else arguments.get("status")
    query = criteria | {"species": arguments.get("species"), "status": status, "sort": _write_pet_sort(arguments)}
    return write_as_query(query)


def _write_pet_sort(arguments: Arguments) -> str | None:
    sort = arguments.get("sort")
    if sort is None:
        return None
    return ("-" if sort["order"] == "DESC" else "") + to_camel_case(sort["field"].lower())


TYPES: Final = (
    TypeBinding(
        "Query",
        resolvers={
            "pets": resolve_pets,
            "petsConnection": resolve_pets_connection,
            "pet": resolve_pet,
            "inventory": resolve_inventory,
        },
    ),
)
