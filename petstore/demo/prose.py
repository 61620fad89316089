"""Descriptions of pets: two or three sentences made from a pet's own facts."""

from __future__ import annotations

import random
from dataclasses import dataclass

from petstore.demo.profiles import Gender, PetProfile, Species

NUMBERS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True, slots=True)
class Voice:
    """Pronouns and verb endings for sentences about a pet."""

    they: str
    them: str
    their: str
    are: str
    have: str
    s: str


VOICES: dict[Gender, Voice] = {
    "MALE": Voice("he", "him", "his", "is", "has", "s"),
    "FEMALE": Voice("she", "her", "her", "is", "has", "s"),
    "UNKNOWN": Voice("they", "them", "their", "are", "have", ""),
}

INTRODUCTIONS = (
    "{name} is {age} {color} {breed}.",
    "Meet {name}, {age} {color} {breed}.",
    "Say hello to {name}, {age} {breed} with {coat}.",
    "{name} is {age} {breed} with {coat}.",
)

COATS: dict[Species, str] = {
    "DOG": "a {color} coat",
    "CAT": "a {color} coat",
    "RABBIT": "soft {color} fur",
    "BIRD": "{color} plumage",
    "REPTILE": "{color} markings",
    "OTHER": "{color} fur",
}

YOUNG: dict[Species, tuple[str, ...]] = {
    "DOG": (
        "{They} {are} learning the basics and would enjoy puppy classes",
        "Everything is new to {them}, and {they} meet{s} it all with a wagging tail",
    ),
    "CAT": (
        "{They} chase{s} anything that moves and then sleep{s} on the nearest lap",
        "{They} {have} only just discovered the feather wand and will not put it down",
    ),
    "RABBIT": ("{They} {are} full of leaps and twists and need{s} plenty of room to run",),
    "BIRD": ("{They} {are} just learning to step onto a finger and already chatter{s} all morning",),
    "REPTILE": ("{They} {are} growing well and already eat{s} from the tongs",),
    "OTHER": ("{They} {are} curious about everything and still a little quick on {their} feet",),
}

GROWN: dict[Species, tuple[str, ...]] = {
    "DOG": (
        "{They} walk{s} nicely on the lead and come{s} when called",
        "{They} love{s} long walks, tennis balls and a warm spot by the sofa",
        "{They} know{s} how to sit and stay, and will do both for a piece of cheese",
        "{They} settle{s} quickly in new places and travel{s} well in the car",
    ),
    "CAT": (
        "{They} spend{s} the morning on the windowsill and the evening next to you",
        "{They} purr{s} the moment someone sits down and {are} tidy with the litter tray",
        "{They} like{s} a quiet corner, a full bowl and a scratch behind the ears",
        "{They} greet{s} visitors at the door and expect{s} to be noticed",
    ),
    "RABBIT": (
        "{They} {are} litter trained and hop{s} over for fresh coriander",
        "{They} enjoy{s} a tunnel to explore and hay to rearrange",
        "{They} {are} calm when stroked but prefer{s} all four feet on the ground",
    ),
    "BIRD": (
        "{They} whistle{s} along to the radio and step{s} onto a hand readily",
        "{They} love{s} millet, mirrors and a daily bath",
        "{They} {are} used to free flight in the evening and return{s} to the cage for supper",
    ),
    "REPTILE": (
        "{They} bask{s} for most of the morning and {are} easy to handle",
        "{They} eat{s} well and {have} a calm temperament, which suits a first-time keeper",
        "{They} come{s} out to look whenever someone passes the glass",
    ),
    "OTHER": (
        "{They} sleep{s} through the afternoon and rearrange{s} the bedding all night",
        "{They} {are} happy to be held and know{s} the sound of the treat jar",
        "{They} would like a hiding place, company in the evening and plenty to chew",
    ),
}

SENIOR = (
    "At {their} age {they} ask{s} for little: a warm corner, regular meals and gentle company",
    "{They} {have} slowed down with the years and would love a peaceful home",
)

WITH_KIDS: dict[bool | None, tuple[str, ...]] = {
    True: (
        "{They} {have} lived with children and {are} gentle around them.",
        "Children are welcome: {they} enjoy{s} the attention.",
        "A family with children would suit {them} well.",
    ),
    False: (
        "{They} would be happiest in a home without young children.",
        "An adult household would suit {them} best.",
    ),
    None: (
        "We have not yet seen {them} with children, so please bring yours to meet {them} first.",
        "Visit us to see whether {they} would suit your household.",
    ),
}

LIFE_STAGES: dict[Species, tuple[int, int]] = {
    "DOG": (7, 108),
    "CAT": (7, 120),
    "RABBIT": (5, 72),
    "BIRD": (5, 180),
    "REPTILE": (8, 300),
    "OTHER": (3, 48),
}

SPECIAL_NEEDS = "{name} needs some extra care, which we will gladly explain."


def describe_pet_profile(pet: PetProfile, rng: random.Random) -> str:
    """Write two or three sentences on age and looks, character, and a suitable home, true to the profile."""
    sentences = [
        rng.choice(INTRODUCTIONS),
        _describe_character(pet, rng) + ".",
        rng.choice(WITH_KIDS[pet.good_with_kids]),
    ]
    if pet.medical["specialNeeds"]:
        sentences[-1] = SPECIAL_NEEDS
    elif pet.good_with_kids is None and rng.random() < 0.5:
        del sentences[-1]
    return " ".join(sentences).format(**_choose_phrases_for(pet))


def _describe_character(pet: PetProfile, rng: random.Random) -> str:
    young, senior = LIFE_STAGES[pet.species]
    if pet.age_months <= young:
        return rng.choice(YOUNG[pet.species])
    if pet.age_months >= senior:
        return rng.choice(SENIOR)
    return rng.choice(GROWN[pet.species])


def _choose_phrases_for(pet: PetProfile) -> dict[str, str]:
    voice = VOICES[pet.gender]
    color = pet.color[0].lower() + pet.color[1:]
    return {
        "name": pet.name,
        "age": phrase_age_months(pet.age_months),
        "color": color,
        "breed": pet.breed,
        "coat": COATS[pet.species].format(color=color),
        "They": voice.they.capitalize(),
        "they": voice.they,
        "them": voice.them,
        "their": voice.their,
        "are": voice.are,
        "have": voice.have,
        "s": voice.s,
    }


def phrase_age_months(months: int) -> str:
    """Write an age with its article: 8 gives "an eight-month-old", 40 gives "a three-year-old"."""
    count, unit = (months, "month") if months < 24 else (months // 12, "year")
    word = _spell_number(count)
    article = "an" if word.startswith("eight") or word == "eleven" else "a"
    return f"{article} {word}-{unit}-old"


def _spell_number(count: int) -> str:
    if count <= len(NUMBERS):
        return NUMBERS[count - 1]
    tens, ones = divmod(count, 10)
    word = TENS[tens - 2]
    return f"{word}-{NUMBERS[ones - 1]}" if ones else word
