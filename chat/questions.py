"""The question of a consultation: what the last USER message asks, read with the words of those before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.messages import Message, Speaker
from chat.topics import Topic
from chat.wishes import PetWish


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, as far as it was understood.

    Attributes:
        text: the last USER message; empty where there is none.
        all_species: as `pets.models.Pet` has them, at most two; the one that it is about comes first.
        animal: the everyday word for it, singular, such as "guinea pig".
        topics: at most two.
        wish: None unless it is asked which pets there are.
        is_about_pets: False for what is to be declined.
        is_greeting: it greets, thanks, or asks who the advisor is.
    """

    text: str
    all_species: tuple[str, ...] = ()
    animal: str | None = None
    topics: tuple[Topic, ...] = ()
    wish: PetWish | None = None
    is_about_pets: bool = True
    is_greeting: bool = False

    @property
    def species(self) -> str | None:
        """The species that it is about, or None."""
        return self.all_species[0] if self.all_species else None

    @property
    def topic(self) -> Topic | None:
        """The topic that it is about, or None."""
        return self.topics[0] if self.topics else None


def read_question(messages: Sequence[Message]) -> Question:
    """Read what the last USER message asks, with species and topic from the ones before where it names none."""
    texts = [message.text for message in messages if message.speaker is Speaker.USER]
    return Question(text=texts[-1] if texts else "", is_greeting=True)
