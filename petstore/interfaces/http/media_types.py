"""Choose the media type that a caller prefers (RFC 9110, 12.5.1)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class MediaRange(NamedTuple):
    """One item of an Accept header; parameters such as `charset` are no reason to refuse.

    Attributes:
        quality: from 0, never, to 1.
    """

    main: str
    sub: str
    quality: float

    def rank_precision(self) -> int:
        """Return how much the range says: the most specific one that matches a type decides on it."""
        return (self.main != "*") + (self.sub != "*")

    def matches_type(self, media_type: str) -> bool:
        """Return whether a media type lies in the range."""
        main, _, sub = media_type.partition("/")
        return self.main in ("*", main) and self.sub in ("*", sub)


def choose_media_type(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return what the caller prefers of the media types that are offered, the first of equals.

    Args:
        accept: the header; without one everything is fine.
    """
    ranges = sorted(_parse_accept(accept or "*/*"), key=lambda one: -one.rank_precision())
    best, most = None, 0.0
    for media_type in offered:
        quality = next((one.quality for one in ranges if one.matches_type(media_type)), 0.0)
        if quality > most:
            best, most = media_type, quality
    return best


def _parse_accept(accept: str) -> Iterator[MediaRange]:
    for item in accept.split(","):
        name, *parameters = item.split(";")
        main, _, sub = name.strip().lower().partition("/")
        if main and sub:
            yield MediaRange(main, sub, _read_quality(parameters))


def _read_quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return _parse_quality(value.strip())
    return 1.0


def _parse_quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 1.0
    return quality if 0.0 <= quality <= 1.0 else 1.0
