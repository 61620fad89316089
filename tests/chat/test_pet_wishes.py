"""Wishes for pets: which questions are one, and what they ask for (pets of the embedded advisor)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from chat.queries import list_pets_for_wish
from chat.questions import read_question
from chat.wishes import PetWish, WishOrder
from pets.models import Pet
from tenants.models import Tenant
from tests.chat.consultations import say
from tests.chat.wish_sentences import NO_WISHES, WISHES
from tests.factories import PetFactory


def read_wish_of(*texts: str) -> PetWish:
    wish = read_question(say(*texts)).wish
    assert wish is not None
    return wish


@pytest.mark.parametrize(("text", "species"), WISHES)
def test_it_is_asked_which_pets_there_are(text: str, species: str | None) -> None:
    assert read_wish_of(text).species == species


@pytest.mark.parametrize("text", NO_WISHES)
def test_other_questions_about_pets_are_no_wish(text: str) -> None:
    question = read_question(say(text))
    assert question.wish is None
    assert question.is_about_pets


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        (
            "a small dog under 200 dollars that is good with kids",
            PetWish(
                species="DOG",
                animal="dog",
                size="SMALL",
                is_good_with_kids=True,
                price_max=Decimal("199.99"),
                currency="USD",
            ),
        ),
        ("rabbits younger than a year", PetWish(species="RABBIT", animal="rabbit", age_max=11)),
        ("cheapest cat", PetWish(species="CAT", animal="cat", order=WishOrder.CHEAPEST)),
        ("do you have any parrots?", PetWish(species="BIRD", animal="parrot")),
        ("Which dogs are at most 2 years old?", PetWish(species="DOG", animal="dog", age_max=24)),
        ("Any cats over 3 years old?", PetWish(species="CAT", animal="cat", age_min=37)),
        ("Any cats of at least 3 years?", PetWish(species="CAT", animal="cat", age_min=36)),
        ("Do you have a 2 year old dog?", PetWish(species="DOG", animal="dog", age_min=24, age_max=35)),
        ("Do you have a six month old rabbit?", PetWish(species="RABBIT", animal="rabbit", age_min=6, age_max=6)),
        ("Which birds are between 1 and 3 years old?", PetWish(species="BIRD", animal="bird", age_min=12, age_max=36)),
        ("Which pets cost €20 or less?", PetWish(price_max=Decimal("20.00"), currency="EUR")),
        (
            "Pets between $50 and $99.50 please",
            PetWish(price_min=Decimal("50.00"), price_max=Decimal("99.50"), currency="USD"),
        ),
        (
            "Which dogs cost no more than 1,200 dollars?",
            PetWish(species="DOG", animal="dog", price_max=Decimal("1200.00"), currency="USD"),
        ),
        (
            "Any dogs for two hundred dollars?",
            PetWish(species="DOG", animal="dog", price_max=Decimal("200.00"), currency="USD"),
        ),
        ("Is there a large female dog?", PetWish(species="DOG", animal="dog", size="LARGE", gender="FEMALE")),
        ("Do you have cats or dogs?", PetWish(species="CAT", other_species="DOG", animal="cat")),
        ("I want a pet for my two small children", PetWish(is_good_with_kids=True)),
        ("I have a small flat and want a cat", PetWish(species="CAT", animal="cat")),
        ("Do you have kittens?", PetWish(species="CAT", animal="kitten", age_max=12)),
        ("show me globex's pets", PetWish()),
        ("Do you have goldfish?", PetWish(species="OTHER", animal="fish")),
    ],
)
def test_a_wish_says_what_the_pet_has_to_be_like(text: str, wish: PetWish) -> None:
    assert read_wish_of(text) == wish


def test_a_wish_may_go_on_from_the_species_of_earlier_messages() -> None:
    assert read_wish_of("What do rabbits eat?", "Do you have any under 100 dollars?").species == "RABBIT"
    assert read_wish_of("What do rabbits eat?", "Which pets do you have?").species is None


def test_a_wish_and_a_question_in_one_message_are_both_read() -> None:
    question = read_question(say("Which rabbits do you have, and how do I feed a young rabbit?"))
    assert question.wish == PetWish(species="RABBIT", animal="rabbit")
    assert [topic.value for topic in question.topics] == ["feeding"]


def names_for(wish: PetWish, *, limit: int = 10) -> list[str]:
    return [pet.name for pet in list_pets_for_wish(wish, limit=limit)]


def test_only_available_pets_of_the_open_scope_answer_to_a_wish(in_acme: Tenant, globex: Tenant) -> None:
    PetFactory.create(tenant=in_acme, name="Here")
    for status in set(Pet.Status) - {Pet.Status.AVAILABLE}:
        PetFactory.create(tenant=in_acme, name=f"Not {status}", status=status)
    PetFactory.create(tenant=globex, name="Elsewhere")
    PetFactory.create(tenant=None, name="In the pool")
    assert Pet.objects.count() == 4
    assert names_for(PetWish()) == ["Here"]


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        (PetWish(species="CAT"), ["Misty"]),
        (PetWish(species="CAT", other_species="DOG"), ["Rex", "Misty", "Bo"]),
        (PetWish(size="SMALL"), ["Rex", "Polly"]),
        (PetWish(is_good_with_kids=True), ["Rex"]),
        (PetWish(age_min=12, age_max=24), ["Misty", "Polly"]),
        (PetWish(price_min=Decimal(50), price_max=Decimal(100)), ["Misty", "Polly"]),
        (PetWish(gender="FEMALE"), ["Misty"]),
        (PetWish(currency="EUR"), ["Bo"]),
        (PetWish(order=WishOrder.CHEAPEST), ["Bo", "Misty", "Polly", "Rex"]),
        (PetWish(order=WishOrder.DEAREST), ["Rex", "Polly", "Misty", "Bo"]),
        (PetWish(order=WishOrder.YOUNGEST), ["Rex", "Misty", "Polly", "Bo"]),
        (PetWish(order=WishOrder.OLDEST), ["Bo", "Polly", "Misty", "Rex"]),
        (PetWish(animal="parrot"), ["Polly", "Rex", "Misty", "Bo"]),
        (PetWish(species="REPTILE"), []),
    ],
)
def test_a_wish_finds_the_pets_that_fit_in_their_order(in_acme: Tenant, wish: PetWish, names: list[str]) -> None:
    make = PetFactory.create
    make(tenant=in_acme, name="Rex", species="DOG", size="SMALL", age_months=6, price=Decimal(150), good_with_kids=True)
    make(
        tenant=in_acme,
        name="Misty",
        species="CAT",
        size="LARGE",
        age_months=12,
        price=Decimal(50),
        gender="FEMALE",
        good_with_kids=False,
    )
    make(
        tenant=in_acme,
        name="Polly",
        species="BIRD",
        size="SMALL",
        age_months=24,
        price=Decimal(100),
        breed="Grey Parrot",
    )
    make(tenant=in_acme, name="Bo", species="DOG", age_months=120, price=Decimal(20), currency="EUR", gender="MALE")
    assert names_for(wish) == names
    assert names_for(wish, limit=1) == names[:1]
    assert names_for(replace(wish)) == names
