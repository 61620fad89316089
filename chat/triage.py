"""Triage: emergencies, harm to animals and doses of medicine, decided before any model is asked."""

from collections.abc import Sequence
from typing import Final

from chat.answers import Answer, Finish
from chat.emergencies import find_emergency
from chat.first_aid import OPENING, describe_first_aid
from chat.lexicon import load_lexicon
from chat.mentions import find_animals, find_earlier_animals, read_earlier
from chat.messages import Message, Speaker
from chat.refusals import asks_for_dose, asks_for_end, asks_for_harm
from chat.sign_off import close_answer

HARM: Final = (
    "I do not help to harm an animal; where one suffers or you cannot keep it, a veterinarian or a shelter will help."
)
DOSE: Final = (
    "I do not name medicines or doses: how much of which medicine is right depends on the animal's species, weight and "
    "illness, and a wrong one can kill. Please ask your veterinarian, or a pharmacist who works with one, before you "
    "give anything. Medicines for people, above all painkillers such as paracetamol, ibuprofen and aspirin, are "
    "poisonous for many animals; if {pet} has already had some, call a veterinarian at once."
)
END_OF_LIFE: Final = (
    "I am sorry that it has come to this. Only a veterinarian can end an animal's life without pain and fear, so "
    "please never try it yourself. Call yours: they can judge how much {pet} suffers, ease pain today, come to your "
    "home in many places, and help you to decide when it is time."
)
PERSON: Final = (
    "This seems to be about a person: call the emergency number of your country now. I only know about pets, and can "
    "help with their care once everybody is safe."
)


def answer_without_model(messages: Sequence[Message]) -> Answer | None:
    """Answer the last USER message where no model may, and return None where one may.

    An emergency comes before everything else in the message. Earlier USER messages only say which animal it is about.
    """
    texts = [message.text for message in messages if message.speaker is Speaker.USER]
    if not texts:
        return None
    sentences = load_lexicon().reader.read_sentences(texts[-1])
    animals = find_animals(sentences) or find_earlier_animals(texts[:-1])
    pet = f"your {animals[0].word}" if animals else "your pet"
    emergency = find_emergency(sentences, animals)
    if emergency is not None and not emergency.is_person:
        return Answer(close_answer(f"{OPENING} {describe_first_aid(emergency, animals)}"))
    if asks_for_harm(sentences, animals, next(read_earlier(texts[:-1]), [])):
        return Answer(HARM, finish=Finish.CONTENT_FILTER)
    if asks_for_end(sentences):
        return Answer(close_answer(END_OF_LIFE.format(pet=pet)))
    if asks_for_dose(sentences):
        return Answer(close_answer(DOSE.format(pet=pet)))
    return Answer(close_answer(PERSON)) if emergency is not None else None
