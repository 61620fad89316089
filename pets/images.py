"""Pictures that people upload: judged by content, bounded, re-encoded (guarantees, G13)."""

from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError

from pets.errors import ImageTooLarge, NotAnImage

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
_FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


def normalise(upload: BinaryIO) -> tuple[bytes, str]:
    """The picture encoded anew, without metadata, and its file extension.

    Raises:
        ImageTooLarge: more than 5 MB or 25 megapixels.
        NotAnImage: the content is no JPEG, PNG or WebP, or is broken.
    """
    content = upload.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ImageTooLarge("A photo may have 5 MB at most.")
    try:
        return _encoded(content)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise NotAnImage from error
    except DecompressionBombError as error:
        raise ImageTooLarge("A photo may have 25 megapixels at most.") from error


def _encoded(content: bytes) -> tuple[bytes, str]:
    with Image.open(BytesIO(content), formats=list(_FORMATS)) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ImageTooLarge("A photo may have 25 megapixels at most.")
        kind = picture.format or ""
        upright = ImageOps.exif_transpose(picture)
        clean = Image.new(upright.mode, upright.size)
        if upright.mode == "P":
            clean = Image.new("RGBA", upright.size)
            upright = upright.convert("RGBA")
        clean.paste(upright)
    out = BytesIO()
    clean.convert("RGB" if kind == "JPEG" else clean.mode).save(out, format=kind, quality=88)
    return out.getvalue(), _FORMATS[kind]
