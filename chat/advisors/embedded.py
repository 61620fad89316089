"""The embedded advisor: answers from the store's own knowledge, offline and deterministic."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from chat.answers import Answer, Citation
from chat.knowledge import Entry, find_entries, load_general_advice
from chat.questions import Question
from chat.sign_off import close_answer
from chat.topics import Topic
from chat.wishes import OfferedPet, PetWish
from kernel.money import format_amount

MAX_PETS: Final = 3
MAX_BREED: Final = 60
"""Characters of a breed that are quoted."""

_SPECIES_NAMES: Final = {
    "DOG": "dog", "CAT": "cat", "RABBIT": "rabbit", "BIRD": "bird", "REPTILE": "reptile", "OTHER": "small mammal",
}  # fmt: skip
_KNOWN: Final = "dogs, cats, rabbits, birds, reptiles and small mammals such as guinea pigs, hamsters and ferrets"
_SUBJECTS: Final = (
    "feeding, housing, exercise, grooming, training, behaviour, health, vaccination, neutering, young animals, travel "
    "and hazards"
)
_INTRODUCTION: Final = (
    f"Hello! I answer questions about the care of {_KNOWN}: {_SUBJECTS}. I can also tell you which pets of this store "
    "look for a home, by species, size, age, price and kindness to children. What would you like to know?"
)
_DECLINED: Final = f"I am sorry, I can only help with pets: with the care of {_KNOWN}, and with the pets of this store."
_ASKED_BACK: Final = f"Tell me which animal it is about, and I can say more: I know {_KNOWN}."
_HAPPENED: Final = "If it has already happened, call a veterinarian at once and do not wait for signs."
_NO_ACCESS: Final = "Your access does not let me look at the store's pets, so I name none here."
_MARKUP: Final = re.compile(r"[^\w ,.'&+/-]")
_MONTHS: Final = 12


def compose_answer(question: Question, pets: Sequence[OfferedPet], *, may_read_pets: bool = True) -> Answer:
    """Compose the answer to a question.

    Args:
        question: as `chat.questions.read_question` read it.
        pets: those that fit the question's wish, at most three are named; none where there is no wish.
        may_read_pets: False where the caller may not: then it names none, and does not say that there are none.
    """
    parts = list(_compose_care(question))
    citations: tuple[Citation, ...] = ()
    if question.wish is not None:
        start = sum(len(part) + 2 for part in parts)
        offer, citations = _compose_offer(question.wish, pets if may_read_pets else (), start)
        parts.append(offer if may_read_pets else _NO_ACCESS)
    return Answer(close_answer("\n\n".join(parts)), citations=citations)


def _compose_care(question: Question) -> Iterator[str]:
    """Yield the paragraphs about care, or what is said in place of them."""
    if question.is_greeting:
        yield _INTRODUCTION
    elif not question.is_about_pets:
        yield _DECLINED
    elif question.wish is not None and not question.topics:
        return
    elif question.all_species:
        yield from (_compose_entry(entry, question.animal) for entry in find_entries(question))
        if Topic.HAZARDS in question.topics:
            yield _HAPPENED
    elif question.animal is not None:
        yield f"I am sorry, I know nothing reliable about {question.animal}. I know {_KNOWN}."
    else:
        yield from (f"For all pets: {load_general_advice()[topic]}" for topic in question.topics)
        yield _ASKED_BACK


def _compose_entry(entry: Entry, animal: str | None) -> str:
    said = f"{entry.title} {entry.text}".lower()
    asked = f" (you asked about: {animal})" if animal and animal.lower() not in said else ""
    return f"{entry.title}{asked}: {entry.text}"


def _compose_offer(wish: PetWish, pets: Sequence[OfferedPet], start: int) -> tuple[str, tuple[Citation, ...]]:
    """Return the paragraph that names pets and where their names stand, or says that none fits.

    Args:
        wish: what was asked for.
        pets: those that fit.
        start: the place of the paragraph in the answer, in code points.
    """
    if not pets:
        kind = _SPECIES_NAMES[wish.species] if wish.species else "pet"
        return f"This store has no {kind} available at the moment that fits what you ask for.", ()
    text = "These pets of this store are available and fit what you ask for:"
    citations = []
    for pet in pets[:MAX_PETS]:
        text += "\n- "
        begin = start + len(text)
        citations.append(Citation(pet.id, pet.name, begin, begin + len(pet.name)))
        text += f"{pet.name}, {', '.join(_describe_pet(pet))}."
    return text, tuple(citations)


def _describe_pet(pet: OfferedPet) -> Iterator[str]:
    yield " ".join(("a", *((pet.size.lower(),) if pet.size else ()), _SPECIES_NAMES[pet.species]))
    breed = _MARKUP.sub("", pet.breed).strip()[:MAX_BREED]
    if breed:
        yield f"breed: “{breed}”"
    yield f"{format_age(pet.age_months)} old"
    if pet.is_good_with_kids is not None:
        yield "good with children" if pet.is_good_with_kids else "not for homes with children"
    yield f"{format_amount(pet.price)} {pet.currency}"


def format_age(months: int) -> str:
    """Write an age in words, such as "2 years and 4 months"."""
    years, rest = divmod(months, _MONTHS)
    parts = [
        f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in ((years, "year"), (rest, "month")) if number
    ]
    return " and ".join(parts) or "less than a month"
