"""Compress long answers as Accept-Encoding asks (contract, Browsers; RFC 9110, 8.4, 8.8.3 and 12.5.3)."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import zstandard
from django.http import HttpRequest, HttpResponse

MIN_LENGTH = 1024
"""In bytes; shorter answers hardly get smaller."""
_LONGEST_HEADER = 256
_GZIP_LEVEL = 1
"""Half the time of level 4, and some hundredths more bytes."""
_GZIP_WINDOW = 31
"""The largest window, with gzip's head and tail (zlib's manual, deflateInit2)."""


@dataclass(frozen=True, slots=True)
class Coding:
    """A content coding."""

    name: str
    encode: Callable[[bytes], bytes]


def _compress_with_zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


def _compress_with_gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(body) + packer.flush()


CODINGS = (Coding("zstd", _compress_with_zstd), Coding("gzip", _compress_with_gzip))
"""The better one first."""


def compress_response(request: HttpRequest, response: HttpResponse) -> int:
    """Compress a long answer as Accept-Encoding says, with a strong ETag of its own, and return its length.

    Streams are sent as they happen. An answer that no cache may keep holds a secret, which its length could reveal.
    """
    content = response.content
    if len(content) < MIN_LENGTH or not _is_compressible_response(response):
        return len(content)
    coding = _choose_content_coding(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    if coding is None:
        return len(content)
    response.content = content = coding.encode(content)
    response.headers["Content-Encoding"] = coding.name
    if "ETag" in response.headers:
        response.headers["ETag"] = f'{response.headers["ETag"][:-1]}-{coding.name}"'
    return len(content)


def _is_compressible_response(response: HttpResponse) -> bool:
    is_stream = response.headers.get("Content-Type", "").startswith("text/event-stream")
    return not is_stream and "no-store" not in response.headers.get("Cache-Control", "")


def _choose_content_coding(accepted: str) -> Coding | None:
    return _find_best_coding(accepted) if 0 < len(accepted) <= _LONGEST_HEADER else None


@lru_cache(maxsize=256)
def _find_best_coding(accepted: str) -> Coding | None:
    """Return the coding that an Accept-Encoding prefers, our first one among equals; None for the plain text."""
    wanted = dict(_parse_coding_weight(part) for part in accepted.lower().split(","))
    best = max(CODINGS, key=lambda coding: wanted.get(coding.name, 0.0))
    weight = wanted.get(best.name, 0.0)
    return best if weight > 0 and weight >= wanted.get("identity", 0.0) else None


def _parse_coding_weight(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    key, _, value = parameter.partition("=")
    try:
        weight = float(value) if key.strip() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return name.strip(), weight
