"""The reader of wishes: which pets are asked for, by species, size, children, age and price."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any, Final

from chat.lexicon import Lexicon, load_data, load_lexicon
from chat.rules import Found, Rules
from chat.wishes import PetWish, WishOrder
from chat.words import COMMA, Sentence

ASKING: Final = "asking"
ASKING_AGAIN: Final = "asking again"

_NOT_ASKING: Final = "not asking"
_MONTHS: Final = {"year": 12, "years": 12, "yr": 12, "yrs": 12, "yo": 12, "month": 1, "months": 1, "mo": 1}
_NUMBERS: Final = {
    word: Decimal(value)
    for value, words in enumerate(
        ("", "one a an", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    )
    for word in words.split()
} | {"half": Decimal("0.5"), "twenty": Decimal(20), "fifty": Decimal(50)}
_CURRENCIES: Final = {
    "dollars": "USD", "dollar": "USD", "bucks": "USD", "usd": "USD", "euros": "EUR", "euro": "EUR", "eur": "EUR",
    "sterling": "GBP", "quid": "GBP", "gbp": "GBP",
}  # fmt: skip
_MEASURES: Final = frozenset((
    "kg", "kilo", "kilos", "lb", "lbs", "pounds", "cm", "inches", "litres", "gallons", "weeks", "days", "hours",
    "minutes", "percent", "kids", "children", "cats", "dogs", "of", "people", "times", "bedroom", "rooms",
))  # fmt: skip
_BELOW: Final = frozenset(("under", "below", "less", "younger", "cheaper", "before", "lower", "fewer"))
_AT_MOST: Final = frozenset(
    ("most", "max", "maximum", "up", "within", "budget", "spend", "limit", "afford", "for", "pay")
)
_ABOVE: Final = frozenset(("over", "above", "older", "exceeding", "past"))
_AT_LEAST: Final = frozenset(("least", "min", "minimum", "from", "starting"))
_ABOUT: Final = frozenset(("around", "about", "roughly", "approximately", "circa"))
_OLD_FROM: Final = 84
_YOUNG_TO: Final = 12
_YOUNG_ADULT_TO: Final = 24
_CENT: Final = Decimal("0.01")
_LOOK_BACK: Final = 4
_ORDERS: Final = {
    "cheapest": WishOrder.CHEAPEST, "least": WishOrder.CHEAPEST, "dearest": WishOrder.DEAREST,
    "priciest": WishOrder.DEAREST, "youngest": WishOrder.YOUNGEST, "oldest": WishOrder.OLDEST,
}  # fmt: skip
_GENDERS: Final = {"male": "MALE", "boy": "MALE", "males": "MALE", "boys": "MALE", "female": "FEMALE", "girl": "FEMALE",
                   "females": "FEMALE", "girls": "FEMALE"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Range:
    """A range of a number, with its ends, None for an open one."""

    least: Decimal | None
    most: Decimal | None


@cache
def _load_rules() -> Rules[Any]:
    data = load_data("wishes")
    rules = load_lexicon().build_rules()
    for label in (ASKING, ASKING_AGAIN, _NOT_ASKING):
        rules.add_patterns(label, data[label])
    return rules


def find_asking(sentence: Sentence) -> str | None:
    """Return ASKING where a sentence asks which pets there are, ASKING_AGAIN where it asks so of those before."""
    labels = {found.label for found in _load_rules().find_all(sentence) if _asks_for_pets(sentence, found)}
    if _NOT_ASKING in labels:
        return None
    return ASKING if ASKING in labels else ASKING_AGAIN if labels else None


def read_wish(sentences: Sequence[Sentence], *, all_species: Sequence[str], animal: str | None) -> PetWish:
    """Read what the pets have to be like from the sentences of a wish; of species the first two count."""
    species, other_species = (*all_species, None, None)[:2]
    wish = PetWish(species=species, other_species=other_species, animal=animal)
    for sentence in sentences:
        wish = _add_words(wish, sentence)
        for field, limits in _read_ranges(sentence):
            wish = _add_age(wish, limits) if field == "age" else _add_price(wish, limits, sentence)
    return wish


def _asks_for_pets(sentence: Sentence, found: Found[str]) -> bool:
    """Say whether pets are asked for, not their food, nor advice about them."""
    lists = load_lexicon().lists
    if found.label == _NOT_ASKING:
        return True
    words = sentence[found.start + 1 : found.end]
    if not lists["blocker"].isdisjoint(found.gaps) or not lists["goods"].isdisjoint(words):
        return False
    pets = [place for place in range(found.start, found.end) if sentence[place] in lists["pet"]]
    return not pets or not _is_before_goods(sentence, pets[-1])


def _is_before_goods(sentence: Sentence, place: int) -> bool:
    following = sentence[place + 1]
    if following == "s":
        following = sentence[place + 2]
    return following in load_lexicon().lists["goods"]


def _add_words(wish: PetWish, sentence: Sentence) -> PetWish:
    """Add what single words say: size, sex, order, children, youth."""
    lexicon = load_lexicon()
    words = frozenset(sentence)
    sizes = {word for place, word in enumerate(sentence) if not _describes_home(sentence, place, lexicon)}
    size = next((size for size in ("SMALL", "MEDIUM", "LARGE") if sizes & lexicon.lists[f"size-{size}"]), wish.size)
    genders = {_GENDERS[word] for word in words & _GENDERS.keys()}
    orders = [_ORDERS[word] for word in sentence if word in _ORDERS]
    if "least" in words and "expensive" not in words:
        orders = [order for order in orders if order is not WishOrder.CHEAPEST]
    wish = replace(
        wish,
        size=size,
        gender=genders.pop() if len(genders) == 1 else wish.gender,
        order=orders[0] if orders else wish.order,
        is_good_with_kids=wish.is_good_with_kids or _names_children(sentence, lexicon),
    )
    return _add_stage(wish, words, lexicon)


def _describes_home(sentence: Sentence, place: int, lexicon: Lexicon) -> bool:
    """Say whether a word describes people or their home, as in "two small children"."""
    return not (lexicon.lists["kids"] | lexicon.lists["places"]).isdisjoint(sentence[place + 1 : place + 3])


def _names_children(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Say whether children are named who shall live with the pet; a "baby rabbit" is none."""
    return any(
        word in lexicon.lists["kids"] and (word != "baby" or sentence[place + 1] not in lexicon.lists["pet"])
        for place, word in enumerate(sentence)
    )


def _add_stage(wish: PetWish, words: frozenset[str], lexicon: Lexicon) -> PetWish:
    if wish.age_min is not None or wish.age_max is not None:
        return wish
    if words & (lexicon.lists["young-pet"] - {"baby", "babies"}) or ("baby" in words and not wish.is_good_with_kids):
        return replace(wish, age_max=_YOUNG_TO)
    if "young" in words:
        return replace(wish, age_max=_YOUNG_ADULT_TO)
    if words & {"senior", "elderly"} or ("older" in words and "than" not in words):
        return replace(wish, age_min=_OLD_FROM)
    return replace(wish, age_min=_YOUNG_TO) if words & {"adult", "grown", "mature"} else wish


def _add_age(wish: PetWish, limits: _Range) -> PetWish:
    least = wish.age_min if limits.least is None else int(limits.least)
    most = wish.age_max if limits.most is None else int(limits.most)
    return replace(wish, age_min=least, age_max=most)


def _add_price(wish: PetWish, limits: _Range, sentence: Sentence) -> PetWish:
    currency = next((_CURRENCIES[word] for word in sentence if word in _CURRENCIES), wish.currency)
    least = wish.price_min if limits.least is None else limits.least.quantize(_CENT)
    most = wish.price_max if limits.most is None else limits.most.quantize(_CENT)
    return replace(wish, price_min=least, price_max=most, currency=currency)


def _read_ranges(sentence: Sentence) -> Iterator[tuple[str, _Range]]:
    """Yield the ranges of ages, in months, and of prices that a sentence names."""
    place = 0
    while place < len(sentence):
        number = _read_number(sentence[place], sentence[place - 1])
        kind = _find_kind(sentence, place) if number is not None else None
        if number is None or kind is None:
            place += 1
            continue
        second_place = _find_second(sentence, place)
        if second_place is not None:
            second = _read_number(sentence[second_place], COMMA) or number
            name, unit = _find_kind(sentence, second_place) or kind
            yield name, _Range(number * unit, second * unit)
            place = second_place + 1
            continue
        yield kind[0], _read_limits(sentence, place, number * kind[1], kind)
        place += 1


def _read_number(word: str, before: str) -> Decimal | None:
    if word == "hundred":
        return _NUMBERS.get(before, Decimal(1)) * 100
    if word[0].isdigit():
        digits = word.replace(",", "") if len(word.rpartition(",")[2]) != 2 else word.replace(",", ".")  # noqa: PLR2004  # cents
        return Decimal(digits) if digits.count(".") <= 1 and len(digits) <= 12 else None  # noqa: PLR2004  # as prices
    return _NUMBERS.get(word)


def _find_kind(sentence: Sentence, place: int) -> tuple[str, int] | None:
    """Return what a number counts, "age" or "price", and its unit in months or one; None for something else."""
    before, after = sentence[place - 1], sentence[place + 1]
    if after in _MONTHS:
        return "age", _MONTHS[after]
    if before in _CURRENCIES or after in _CURRENCIES:
        return "price", 1
    if not sentence[place][0].isdigit() or after in _MEASURES:
        return None
    limits = _BELOW | _AT_MOST | _ABOVE | _AT_LEAST | _ABOUT | {"between", "than"}
    return ("price", 1) if {before, sentence[max(place - 2, 0)]} & limits else None


def _find_second(sentence: Sentence, place: int) -> int | None:
    """Return where the second number stands after "between 1 and 3", "from 1 to 3" or "1 to 3"."""
    for second in range(place + 2, min(place + 5, len(sentence))):
        if (
            sentence[second - 1] in {"and", "to", "or", "dollars", "euros", "sterling"}
            and sentence[second][0].isdigit()
        ):
            return second
    return None


def _read_limits(sentence: Sentence, place: int, value: Decimal, kind: tuple[str, int]) -> _Range:
    words = _list_words_before(sentence, place)
    after = sentence[place + 1 : place + 6]
    step = Decimal(1) if kind[0] == "age" else _CENT
    limits = _read_limit_before(words, value, step) or _read_limit_after(after, value)
    if limits is not None:
        return limits
    return _Range(value, value + kind[1] - 1) if kind[0] == "age" else _Range(None, value)


def _list_words_before(sentence: Sentence, place: int) -> list[str]:
    """Return the words before a number, the nearest first, up to a comma or another number."""
    words: list[str] = []
    for word in reversed(sentence[max(place - _LOOK_BACK, 0) : place]):
        if word == COMMA or word[0].isdigit():
            break
        words.append(word)
    return words


def _read_limit_before(words: list[str], value: Decimal, step: Decimal) -> _Range | None:
    is_negated = bool({"no", "not"} & set(words))
    for word in words:
        if word in {"more"} | _ABOVE:
            return _Range(None, value) if is_negated else _Range(value + step, None)
        if word in _BELOW:
            return _Range(value, None) if is_negated else _Range(None, value - step)
        if word in _AT_LEAST:
            return _Range(value, None)
        if word in _AT_MOST:
            return _Range(None, value)
        if word in _ABOUT:
            return _Range(value * 3 / 4, value * 5 / 4)
    return None


def _read_limit_after(words: Sequence[str], value: Decimal) -> _Range | None:
    for first, second in pairwise(words):
        if first == "or" and second in {"less", "younger", "under", "below", "cheaper"}:
            return _Range(None, value)
        if first == "or" and second in {"more", "older", "above", "over", "up"}:
            return _Range(value, None)
    if {"max", "maximum", "tops"} & set(words):
        return _Range(None, value)
    return None
