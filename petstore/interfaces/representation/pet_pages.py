"""The commonest pages of pets, by compiled SQL (contract, Pets)."""

from typing import Final

from django.http import QueryDict

from pets.models import Pet
from pets.queries import PetWithPhotos, select_pets_with_photos
from petstore.interfaces.representation.collections import Page
from petstore.interfaces.representation.compiled_lists import CompiledList
from petstore.interfaces.representation.pet_filters import ANY_STATUS, SORTS, PetFilter, choose_pet_ordering
from petstore.interfaces.representation.totals import Total

_PETS: Final = CompiledList(
    PetWithPhotos._make,
    Pet,
    select_pets_with_photos,
    PetFilter,
    common=frozenset(("species", "status", "size", "goodWithKids")),
    words=frozenset((ANY_STATUS,)),
)


def read_pet_page(query: QueryDict) -> tuple[Page, Total] | None:
    """Read the page of pets with photos that a query string asks for; None where the ORM has to do it.

    Raises:
        Invalid: the query string asks for a page that cannot be.
    """
    sort = query.get("sort", "")
    return _PETS.read_page(query, choose_pet_ordering(sort)) if sort in SORTS or not sort else None
