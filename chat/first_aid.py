"""First aid until a veterinarian has been reached: what to do and what to leave, by kind, cause and species."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from chat.emergencies import Emergency
from chat.lexicon import Animal, load_data

OPENING: Final = "This may be an emergency: call a veterinarian now."
_FUMES: Final = "fumes"
_NEUTRAL_WORDS: Final = {"OTHER": "small mammal"}


def describe_first_aid(emergency: Emergency, animals: Sequence[Animal]) -> str:
    """Return what the opening sentence is followed by, without doses; animals are those that it is about, if known."""
    animal = animals[0] if animals else None
    advice = load_first_aid()[emergency.kind]
    text = advice.get(animal.species, advice["all"]) if animal else advice["all"]
    cause = load_first_aid()["causes"].get(emergency.cause or "", "")
    pet = f"your {animal.word}" if animal else "your pet"
    said = " ".join((text, cause)).strip()
    return f"Until then, for {pet}: {said.replace('{pet}', 'it' if animal else 'the animal')}"


@cache
def load_first_aid() -> dict[str, Any]:
    """Read first aid from the data file."""
    advice: dict[str, Any] = load_data("first_aid")
    return advice
