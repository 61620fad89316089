"""The demo store's shops and customers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

from petstore.demo.profiles import CustomerProfile, ShopProfile

SHOPS: tuple[ShopProfile, ...] = (
    ShopProfile("acme", "Acme Pets"),
    ShopProfile("globex", "Globex Animal Shelter"),
    ShopProfile("initech", "Initech Pet Care"),
    ShopProfile("umbrella", "Umbrella Small Animals"),
    ShopProfile("harbour", "Harbour Street Rescue"),
    ShopProfile("willowbrook", "Willowbrook Animal Sanctuary"),
    ShopProfile("feathers", "Feathers and Friends"),
    ShopProfile("oakfield", "Oakfield Cat Rescue"),
    ShopProfile("sunnyside", "Sunnyside Rehoming Centre"),
    ShopProfile("burrow", "The Rabbit Burrow"),
    ShopProfile("scales", "Scales and Tails Reptiles"),
    ShopProfile("northgate", "Northgate Dogs Home"),
)

FIRST_NAMES = (
    "Amelia", "Noah", "Sofia", "Liam", "Priya", "Mateo", "Hannah", "Kwame", "Chloe", "Yusuf",
    "Ingrid", "Daniel", "Mei", "Lucas", "Fatima", "Oliver", "Elena", "Arjun", "Grace", "Tomasz",
    "Nadia", "Samuel", "Aiko", "Pedro", "Isla", "Omar", "Clara", "Jonas", "Leila", "Marcus",
    "Freya", "Diego", "Zara", "Henrik", "Naomi", "Rafael", "Esther", "Ivan", "Maya", "Patrick",
)  # fmt: skip

LAST_NAMES = (
    "Morgan", "Silva", "Patel", "Novak", "Johansson", "Okafor", "Tanaka", "Garcia", "Fischer", "Brown",
    "Rossi", "Nguyen", "Kowalski", "Haddad", "Murphy", "Dubois", "Mensah", "Larsen", "Costa", "Kim",
    "Walker", "Moreau", "Ivanova", "Reyes", "Schmidt", "Chen", "Hughes", "Andersen", "Rahman", "Lopez",
    "Campbell", "Bianchi", "Horvat", "Sato", "Bennett", "Petrov", "Eriksen", "Mwangi", "Clarke", "Romero",
)  # fmt: skip

MAIL_DOMAINS = ("example.com", "example.org")


def generate_customer_profiles(seed: int, count: int) -> Iterator[CustomerProfile]:
    """Generate the first `count` customers of the seed; usernames and addresses never repeat."""
    rng = random.Random(f"customers {seed}")
    taken: Counter[str] = Counter()
    for _ in range(count):
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        stem = f"{first}.{last}".lower()
        taken[stem] += 1
        username = stem if taken[stem] == 1 else f"{stem}{taken[stem]}"
        yield CustomerProfile(username, first, last, f"{username}@{rng.choice(MAIL_DOMAINS)}")
