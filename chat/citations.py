"""The pets that a text names."""

import re
from collections.abc import Iterable

from chat.answers import Citation
from chat.wishes import OfferedPet


def cite_pets(text: str, pets: Iterable[OfferedPet]) -> tuple[Citation, ...]:
    """Cite the pets that a text names, each where it does so first."""
    found = ((pet, re.search(rf"(?<!\w){re.escape(pet.name)}(?!\w)", text)) for pet in pets)
    citations = [Citation(pet.id, pet.name, match.start(), match.end()) for pet, match in found if match]
    return tuple(sorted(citations, key=lambda citation: citation.start))
