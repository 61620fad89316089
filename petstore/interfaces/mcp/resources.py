"""The resources: pets and orders by their ids, and the list of available pets (contract, MCP)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from kernel import ids
from kernel.access import UseCase
from kernel.actor import Actor
from kernel.errors import NotFound
from orders.queries import get_order
from pets.models import Pet
from pets.queries import get_pet, list_pets_with_photos
from petstore.interfaces.representation.collections import read_collection_page
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.cursors import OLDEST_FIRST
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.representation.page_requests import PageRequest
from petstore.interfaces.representation.pets import compile_pet_representation

MEDIA_TYPE: Final = "application/json"
PAGE_SIZE = 20
_URI = re.compile(r"petstore://([a-z]+)/([^/?#]+)\Z")


class ResourceNotFound(NotFound):
    """There is no such resource."""

    code = "resource_not_found"
    title = "There is no such resource"


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind of resource.

    Attributes:
        use_case: says who may read it.
        read: takes the id, the actor and the address of the site, and returns what REST shows.
    """

    use_case: UseCase
    read: Callable[[UUID, Actor, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PetPage:
    """One page of the list: each pet as clients list it, and the cursor of the next page."""

    rows: list[dict[str, str]]
    next_cursor: str | None


def read_pet(pet_id: UUID, _actor: Actor, site: str) -> dict[str, Any]:
    """Return a pet."""
    return compile_pet_representation(site)(get_pet(pet_id))


def read_order(order_id: UUID, actor: Actor, _site: str) -> dict[str, Any]:
    """Return an order."""
    return compile_representation(OrderOutput)(get_order(order_id, actor=actor))


KINDS: Final = {"pets": ResourceKind(get_pet, read_pet), "orders": ResourceKind(get_order, read_order)}


def find_resource_kind(uri: object) -> ResourceKind | None:
    """Return the kind that a URI names, or None."""
    match = _URI.match(uri) if isinstance(uri, str) else None
    return KINDS.get(match[1]) if match else None


def parse_resource_id(uri: str) -> UUID:
    """Return the id of the row that a URI names; raises ResourceNotFound."""
    match = _URI.match(uri)
    row_id = ids.parse_id(match[2]) if match else None
    if row_id is None:
        raise ResourceNotFound
    return row_id


def read_resource(uri: str, actor: Actor, site: str) -> dict[str, Any]:
    """Return the pet or the order that a URI names.

    Raises:
        ResourceNotFound: the URI is none of ours.
        What the use case raises.
    """
    kind, row_id = find_resource_kind(uri), parse_resource_id(uri)
    if kind is None:
        raise ResourceNotFound
    return kind.read(row_id, actor, site)


def list_available_pets(cursor: str | None) -> PetPage:
    """Return a page of the AVAILABLE pets, oldest first.

    Raises:
        Invalid: the cursor is none of this list.
    """
    rows = list_pets_with_photos().available().prefetch_related(None)
    page = read_collection_page(rows, OLDEST_FIRST, PageRequest(limit=PAGE_SIZE, cursor=cursor))
    return PetPage([_describe_pet(pet) for pet in page.rows], page.next.encode_cursor() if page.next else None)


def _describe_pet(pet: Pet) -> dict[str, str]:
    return {
        "uri": f"petstore://pets/{pet.id}",
        "name": pet.name,
        "title": pet.name,
        "description": f"{pet.species}, {pet.age_months} months, {pet.price:.2f} {pet.currency}",
        "mimeType": MEDIA_TYPE,
    }
