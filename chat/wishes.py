"""The pet that somebody asks for, and the pets that answer to it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class WishOrder(StrEnum):
    """The order in which pets that fit are named."""

    LISTED = "listed"
    """Those that wait longest come first."""
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    YOUNGEST = "youngest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class PetWish:
    """The qualities that a pet has to have; None, or False, where nothing was said.

    Attributes:
        species, other_species, size, gender: as `pets.models.Pet` has them; a pet of either species fits.
        animal: the kind of animal in the species, such as "parrot"; pets whose breed or name has the word come first.
        age_min, age_max: months.
        currency: of the prices, None for any.
    """

    species: str | None = None
    size: str | None = None
    is_good_with_kids: bool = False
    age_min: int | None = None
    age_max: int | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    animal: str | None = None
    gender: str | None = None
    currency: str | None = None
    other_species: str | None = None
    order: WishOrder = WishOrder.LISTED


@dataclass(frozen=True, slots=True)
class OfferedPet:
    """An AVAILABLE pet of the scope, as an answer may name it."""

    id: UUID
    name: str
    species: str
    breed: str
    size: str
    age_months: int
    is_good_with_kids: bool | None
    price: Decimal
    currency: str
