"""Pictures that people upload: judged by content, bounded, re-encoded (guarantees, G13)."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import BinaryIO

from PIL import Image, ImageOps
from PIL.Image import DecompressionBombError, DecompressionBombWarning

from pets.errors import ImageTooLarge, NotAnImage

MAX_BYTES = 5 * 1024 * 1024
FULL_PIXELS = 6_250_000
"""Larger JPEGs are stored at half their width and height."""
MAX_SCANS = 100
"""Of a progressive JPEG. Each costs a pass over the whole picture, however few bytes it has."""


@dataclass(frozen=True, slots=True)
class _ImageFormat:
    """The stored format of a picture, and the number of pixels that decode in about 100 MB."""

    format: str
    extension: str
    max_pixels: int


_JPEG = _ImageFormat("JPEG", "jpg", 25_000_000)
_PROGRESSIVE_JPEG = _ImageFormat("JPEG", "jpg", 16_000_000)
_KINDS = {
    "JPEG": _JPEG,
    "MPO": _JPEG,  # what many phones make: a JPEG with a second picture behind it
    "PNG": _ImageFormat("PNG", "png", 16_000_000),
    "WEBP": _ImageFormat("WEBP", "webp", 6_000_000),
}
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
_one_at_a_time = Lock()


def normalise_image(upload: BinaryIO) -> tuple[bytes, str]:
    """Re-encode a picture without metadata; return it and its file extension.

    Of an animation the first frame is taken. One picture at a time is decoded, so that the memory is bounded.

    Raises:
        ImageTooLarge: more than 5 MB, or more pixels than its format may have.
        NotAnImage: the content is no JPEG, PNG or WebP, or is broken.
    """
    content = upload.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ImageTooLarge("A photo may have 5 MB at most.")
    try:
        with _one_at_a_time:
            return _reencode_image(content)
    except _BROKEN as error:
        raise NotAnImage from error
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise ImageTooLarge("A photo may have 25 megapixels at most.") from error


def _reencode_image(content: bytes) -> tuple[bytes, str]:
    with Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
        kind = _PROGRESSIVE_JPEG if "progressive" in picture.info else _KINDS[picture.format or ""]
        _require_decodable_size(picture, kind, content)
        return _encode_picture(_turn_upright(_decode_bounded(picture)), kind), kind.extension


def _require_decodable_size(picture: Image.Image, kind: _ImageFormat, content: bytes) -> None:
    if picture.width * picture.height > kind.max_pixels:
        raise ImageTooLarge(f"A photo of this kind may have {kind.max_pixels // 1_000_000} megapixels at most.")
    if kind.format == "JPEG" and content.count(b"\xff\xda") > MAX_SCANS:
        raise NotAnImage


def _decode_bounded(picture: Image.Image) -> Image.Image:
    """Decode the picture; a large JPEG at half its width and height, for a quarter of the memory."""
    if picture.width * picture.height > FULL_PIXELS:
        picture.draft(None, (picture.width // 2, picture.height // 2))
    picture.load()
    return picture


def _turn_upright(picture: Image.Image) -> Image.Image:
    ImageOps.exif_transpose(picture, in_place=True)
    return _convert_color_mode(picture)


def _convert_color_mode(picture: Image.Image) -> Image.Image:
    """Convert to a mode that every browser shows; palettes and transparent colours become a channel."""
    if picture.mode in ("1", "L", "RGB", "RGBA", "I;16") and "transparency" not in picture.info:
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _encode_picture(picture: Image.Image, kind: _ImageFormat) -> bytes:
    picture.info.clear()
    out = BytesIO()
    picture.save(out, format=kind.format, quality=88, method=2)
    return out.getvalue()
