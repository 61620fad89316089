"""The profiles that the demo catalogue is made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypedDict

Species = Literal["DOG", "CAT", "RABBIT", "BIRD", "REPTILE", "OTHER"]
Size = Literal["SMALL", "MEDIUM", "LARGE"]
Gender = Literal["MALE", "FEMALE", "UNKNOWN"]


class MedicalInfo(TypedDict):
    """The `medicalInfo` object of a pet, with the API's keys."""

    spayedNeutered: bool
    vaccinated: bool
    microchipped: bool
    specialNeeds: bool
    healthNotes: str


@dataclass(frozen=True, slots=True)
class PetProfile:
    """A pet of the demo store."""

    species: Species
    name: str
    breed: str
    age_months: int
    size: Size
    color: str
    gender: Gender
    good_with_kids: bool | None
    price: Decimal
    description: str
    medical: MedicalInfo


@dataclass(frozen=True, slots=True)
class ShopProfile:
    """A shop or shelter: a tenant of the demo store."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """A customer of the demo store."""

    username: str
    first_name: str
    last_name: str
    email: str
