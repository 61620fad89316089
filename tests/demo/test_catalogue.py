"""The demo catalogue is the same every time, and true to species, breed and its own words."""

import re
from itertools import islice

import pytest

from petstore.demo.breeds import BREEDS, SPECIES_SHARES, Breed
from petstore.demo.catalogue import SHOPS, PetProfile, generate_customer_profiles, generate_pet_profiles
from petstore.demo.prose import phrase_age_months

STOCK = tuple(generate_pet_profiles(seed=11, count=600))


def breed_of(pet: PetProfile) -> Breed:
    return next(breed for breed in BREEDS[pet.species] if breed.name == pet.breed)


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def test_the_same_seed_gives_the_same_pets() -> None:
    assert tuple(generate_pet_profiles(seed=11, count=600)) == STOCK


def test_another_seed_gives_other_pets() -> None:
    assert tuple(generate_pet_profiles(seed=12, count=600)) != STOCK


def test_a_longer_list_starts_with_the_shorter_one() -> None:
    assert tuple(generate_pet_profiles(seed=11, count=25)) == STOCK[:25]


def test_no_pets_are_made_when_none_are_asked_for() -> None:
    assert list(generate_pet_profiles(seed=11, count=0)) == []


def test_every_species_is_in_stock() -> None:
    assert {pet.species for pet in STOCK} == set(SPECIES_SHARES)


def test_a_name_comes_back_only_when_its_kind_has_used_up_the_others() -> None:
    male_dogs = [pet.name for pet in STOCK if (pet.species, pet.gender) == ("DOG", "MALE")]
    first_round = list(islice(male_dogs, 36))
    assert len(set(first_round)) == 36


@pytest.mark.parametrize("pet", STOCK[:120], ids=lambda pet: f"{pet.species}-{pet.name}")
def test_a_pet_is_typical_of_its_breed(pet: PetProfile) -> None:
    breed = breed_of(pet)
    low, high = breed.price
    assert pet.size == breed.size
    assert pet.color in breed.colors
    assert 2 <= pet.age_months <= breed.lifespan * 12
    assert low * 0.55 <= pet.price <= high + 3


def test_every_price_has_two_decimals() -> None:
    assert {pet.price.as_tuple().exponent for pet in STOCK} == {-2}


def test_every_name_fits_the_fifty_characters_of_the_api() -> None:
    assert all(1 <= len(pet.name) <= 50 for pet in STOCK)


def test_dogs_and_cats_always_have_a_known_gender() -> None:
    genders = {pet.gender for pet in STOCK if pet.species in {"DOG", "CAT"}}
    assert genders == {"MALE", "FEMALE"}


@pytest.mark.parametrize(
    ("gender", "foreign"),
    [
        ("MALE", {"she", "her", "they", "their"}),
        ("FEMALE", {"he", "him", "his", "they", "their"}),
        ("UNKNOWN", {"he", "him", "his", "she", "her"}),
    ],
)
def test_a_description_uses_only_the_pronouns_of_the_gender(gender: str, foreign: set[str]) -> None:
    described = [words(pet.description) for pet in STOCK if pet.gender == gender]
    assert described
    assert not any(text & foreign for text in described)


def test_a_description_names_the_pet_its_breed_its_colour_and_its_age() -> None:
    for pet in STOCK:
        assert pet.name in pet.description
        assert pet.breed in pet.description
        assert pet.color.lower() in pet.description.lower()
        assert phrase_age_months(pet.age_months) in pet.description


def test_a_description_has_two_or_three_sentences() -> None:
    counts = {len(re.findall(r"[.!?](?: |$)", pet.description)) for pet in STOCK}
    assert counts == {2, 3}


def test_only_a_pet_that_is_good_with_kids_is_recommended_to_families() -> None:
    recommended = [pet for pet in STOCK if "family with children" in pet.description]
    assert recommended
    assert all(pet.good_with_kids for pet in recommended)


def test_a_pet_with_special_needs_says_so_and_notes_the_reason() -> None:
    special = [pet for pet in STOCK if pet.medical["specialNeeds"]]
    assert special
    assert all("extra care" in pet.description and pet.medical["healthNotes"] for pet in special)


def test_a_pet_without_special_needs_is_not_said_to_need_extra_care() -> None:
    assert not any("extra care" in pet.description for pet in STOCK if not pet.medical["specialNeeds"])


def test_only_dogs_cats_and_rabbits_are_vaccinated_or_neutered() -> None:
    treated = {pet.species for pet in STOCK if pet.medical["vaccinated"] or pet.medical["spayedNeutered"]}
    assert treated == {"DOG", "CAT", "RABBIT"}


def test_no_colour_repeats_a_word_of_its_breed() -> None:
    breeds = [breed for kind in BREEDS.values() for breed in kind]
    assert not [breed.name for breed in breeds for color in breed.colors if words(color) & words(breed.name)]


@pytest.mark.parametrize(
    ("months", "phrase"),
    [
        (1, "a one-month-old"),
        (8, "an eight-month-old"),
        (11, "an eleven-month-old"),
        (23, "a twenty-three-month-old"),
        (24, "a two-year-old"),
        (18 * 12 + 5, "an eighteen-year-old"),
        (40 * 12, "a forty-year-old"),
    ],
)
def test_an_age_is_spoken_with_its_article(months: int, phrase: str) -> None:
    assert phrase_age_months(months) == phrase


def test_customers_never_share_a_username_or_an_address() -> None:
    people = list(generate_customer_profiles(seed=5, count=3000))
    assert len({person.username for person in people}) == 3000
    assert len({person.email for person in people}) == 3000


def test_the_same_seed_gives_the_same_customers() -> None:
    assert list(generate_customer_profiles(seed=5, count=40)) == list(generate_customer_profiles(seed=5, count=80))[:40]


def test_customers_have_addresses_that_reach_nobody() -> None:
    domains = {person.email.rpartition("@")[2] for person in generate_customer_profiles(seed=5, count=200)}
    assert domains == {"example.com", "example.org"}


def test_the_shops_begin_with_the_standing_cast_and_share_no_slug() -> None:
    slugs = [shop.slug for shop in SHOPS]
    assert slugs[:3] == ["acme", "globex", "initech"]
    assert len(set(slugs)) == len(slugs) == 12
