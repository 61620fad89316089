"""The pet that somebody asks for, and the pets that answer to it."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PetWish:
    """What a pet has to be like; None, or False, where nothing was said.

    Attributes:
        species, size: as `pets.models.Pet` has them.
        age_min, age_max: months.
    """

    species: str | None = None
    size: str | None = None
    is_good_with_kids: bool = False
    age_min: int | None = None
    age_max: int | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None


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
