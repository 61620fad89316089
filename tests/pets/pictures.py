"""Pictures that people might upload, kind and hostile."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.Image import Exif

GPS, ORIENTATION, DESCRIPTION = 0x8825, 0x0112, 0x010E
SECRET = "Elm Street 13"  # noqa: S105  # what a photo must not tell of its owner
SCRIPT = b"<script>alert(1)</script>"


def encode_picture(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file's content."""
    out = BytesIO()
    picture.save(out, format=kind, **options)
    return out.getvalue()


def make_plain_picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A small picture with some texture."""
    return encode_picture(Image.effect_noise(size, 50).convert(mode), kind, **options)


def make_telling_picture(kind: str) -> bytes:
    """A picture whose metadata say where its owner lives."""
    exif = Exif()
    exif[DESCRIPTION] = SECRET
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return make_plain_picture(kind, exif=exif, icc_profile=SECRET.encode(), comment=SECRET)


def make_sideways_picture() -> bytes:
    """A JPEG of 40 × 30 that says it is to be shown upright, 30 × 40."""
    exif = Exif()
    exif[ORIENTATION] = 6
    return make_plain_picture("JPEG", exif=exif)


def make_animated_picture(kind: str) -> bytes:
    """Two frames, red and blue."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    return encode_picture(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)


def make_bomb(side: int) -> bytes:
    """A PNG of side × side grey pixels in a few kilobytes."""
    row = b"\0" * (1 + side // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_build_chunk, (b"IHDR", b"IDAT", b"IEND"), (header, data, b"")))


def many_scans() -> bytes:
    """A progressive JPEG that asks for its last scan again and again."""
    content = make_plain_picture("JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * 500 + content[-2:]


def _build_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
