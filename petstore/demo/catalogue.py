"""The demo store's pets: the same seed always gives the same pets, and a longer list starts with the shorter one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from petstore.demo.breeds import BREEDS, NAMES, SPECIES_NAMES, SPECIES_SHARES, Breed
from petstore.demo.people import SHOPS, generate_customer_profiles
from petstore.demo.profiles import (
    CustomerProfile,
    Gender,
    MedicalInfo,
    PetProfile,
    ShopProfile,
    Species,
)
from petstore.demo.prose import describe_pet_profile

__all__ = [
    "SHOPS",
    "CustomerProfile",
    "MedicalInfo",
    "PetProfile",
    "ShopProfile",
    "generate_customer_profiles",
    "generate_pet_profiles",
]

GENDER_SHARES: dict[Species, tuple[int, int, int]] = {
    "DOG": (50, 50, 0),
    "CAT": (48, 52, 0),
    "RABBIT": (48, 50, 2),
    "BIRD": (35, 35, 30),
    "REPTILE": (35, 35, 30),
    "OTHER": (46, 48, 6),
}

KIDS_SHARES: dict[Species, tuple[int, int, int]] = {
    "DOG": (60, 20, 20),
    "CAT": (52, 22, 26),
    "RABBIT": (55, 20, 25),
    "BIRD": (50, 20, 30),
    "REPTILE": (40, 30, 30),
    "OTHER": (60, 15, 25),
}

CONDITIONS: dict[Species, tuple[str, ...]] = {
    "DOG": ("Mild arthritis, daily joint supplement.", "Food allergy, grain-free diet only.", "Deaf in one ear."),
    "CAT": ("Early kidney disease, renal diet.", "Blind in one eye.", "Hyperthyroid, tablet twice a day."),
    "RABBIT": ("Dental checks every three months.", "Head tilt after an ear infection, stable."),
    "BIRD": ("Old wing fracture, flies short distances only.", "Feather plucking, settled with company."),
    "REPTILE": ("Calcium supplement with each meal.", "Lost part of the tail, fully healed."),
    "OTHER": ("Vitamin C supplement daily.", "Dental checks every three months."),
}

ROUTINE_NOTES = (
    "Healthy at the last check-up.",
    "Parasite treatment up to date.",
    "Weight and teeth checked, all well.",
)
TO_BE_VACCINATED = frozenset({"DOG", "CAT", "RABBIT"})


def generate_pet_profiles(seed: int, count: int) -> Iterator[PetProfile]:
    """Generate the first `count` pets of the seed, each described in sentences made from its own facts."""
    rng = random.Random(f"pets {seed}")
    names = _NamePool(rng)
    for _ in range(count):
        yield _generate_pet_profile(rng, names)


def _generate_pet_profile(rng: random.Random, names: _NamePool) -> PetProfile:
    species = rng.choices(tuple(SPECIES_SHARES), tuple(SPECIES_SHARES.values()))[0]
    breed = rng.choice(BREEDS[species])
    gender = rng.choices(tuple(NAMES), GENDER_SHARES[species])[0]
    age = _choose_age_months(rng, breed)
    profile = PetProfile(
        species=species,
        name=names.take_name(species, gender),
        breed=breed.name,
        age_months=age,
        size=breed.size,
        color=rng.choice(breed.colors),
        gender=gender,
        good_with_kids=rng.choices((True, False, None), KIDS_SHARES[species])[0],
        price=_choose_price(rng, breed, age),
        description="",
        medical=_choose_medical_info(rng, species, breed, age),
    )
    return replace(profile, description=describe_pet_profile(profile, rng))


class _NamePool:
    """Names that are all used, in random order, before any comes back."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._left: dict[tuple[Species, Gender], list[str]] = {}

    def take_name(self, species: Species, gender: Gender) -> str:
        left = self._left.setdefault((species, gender), [])
        if not left:
            left.extend(self._shuffle_names((*NAMES[gender], *SPECIES_NAMES[species])))
        return left.pop()

    def _shuffle_names(self, names: Sequence[str]) -> list[str]:
        return self._rng.sample(names, len(names))


def _choose_age_months(rng: random.Random, breed: Breed) -> int:
    longest = breed.lifespan * 10
    return round(rng.triangular(2, longest, min(14, longest / 3)))


def _choose_price(rng: random.Random, breed: Breed, age: int) -> Decimal:
    """Choose a price in the breed's range; the last third of a life lowers it by up to two fifths."""
    low, high = breed.price
    lived = age / (breed.lifespan * 12)
    asked = rng.uniform(low, high) * (1 - max(0.0, lived - 2 / 3) * 1.2)
    if asked < 100:
        return Decimal(round(asked * 2)) / 2 + Decimal("0.00")
    return Decimal(round(asked / 5) * 5) + Decimal("0.00")


def _choose_medical_info(rng: random.Random, species: Species, breed: Breed, age: int) -> MedicalInfo:
    lived = age / (breed.lifespan * 12)
    special = rng.random() < 0.05 + lived * 0.2
    return MedicalInfo(
        spayedNeutered=species in TO_BE_VACCINATED and age >= 6 and rng.random() < 0.85,
        vaccinated=species in TO_BE_VACCINATED and rng.random() < 0.93,
        microchipped=_choose_is_microchipped(rng, species, breed),
        specialNeeds=special,
        healthNotes=rng.choice(CONDITIONS[species]) if special else rng.choice(ROUTINE_NOTES),
    )


def _choose_is_microchipped(rng: random.Random, species: Species, breed: Breed) -> bool:
    usual = species in {"DOG", "CAT"} or "Tortoise" in breed.name or "Parrot" in breed.name
    return rng.random() < (0.95 if usual else 0.1)
