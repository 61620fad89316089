"""An upload is a picture that we encoded ourselves, or it is refused (guarantees, G13)."""

from io import BytesIO

import pytest
from PIL import Image, UnidentifiedImageError

from pets.errors import ImageTooLarge, NotAnImage
from pets.images import MAX_BYTES, normalise_image
from tests.pets.pictures import (
    SCRIPT,
    SECRET,
    encode_picture,
    make_animated_picture,
    make_bomb,
    make_plain_picture,
    make_sideways_picture,
    make_telling_picture,
    many_scans,
)

KINDS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
JPEG, PNG, WEBP = (make_plain_picture(kind) for kind in KINDS)
HARMLESS = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp", "duration"}
ODD = {
    "grey JPEG": make_plain_picture("JPEG", "L"),
    "CMYK JPEG": make_plain_picture("JPEG", "CMYK"),
    "progressive JPEG": make_plain_picture("JPEG", progressive=True),
    "JPEG with a second picture": make_animated_picture("MPO"),
    "black and white PNG": make_plain_picture("PNG", "1"),
    "palette PNG": make_plain_picture("PNG", "P"),
    "grey PNG with alpha": make_plain_picture("PNG", "LA"),
    "16-bit PNG": encode_picture(Image.new("I;16", (40, 30), 40_000), "PNG"),
    "animated PNG": make_animated_picture("PNG"),
    "animated WebP": make_animated_picture("WEBP"),
    "lossless WebP": make_plain_picture("WEBP", "RGBA", lossless=True),
    "one pixel": make_plain_picture(size=(1, 1)),
    "as long as it gets": make_plain_picture(size=(20_000, 1)),
}
NOT_IMAGES = {
    "nothing": b"",
    "a NUL": b"\0",
    "text": b"a dog",
    "HTML": b"<!doctype html>" + SCRIPT,
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "SVG with an XML head": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "EPS": make_plain_picture("EPS"),
    "PDF": make_plain_picture("PDF"),
    "GIF": make_plain_picture("GIF", "P"),
    "BMP": make_plain_picture("BMP"),
    "TIFF": make_plain_picture("TIFF"),
    "ICO": make_plain_picture("ICO"),
    "TGA": make_plain_picture("TGA"),
    "PPM": make_plain_picture("PPM"),
    "JPEG 2000": make_plain_picture("JPEG2000"),
    "AVIF": make_plain_picture("AVIF"),
    "DDS": make_plain_picture("DDS"),
    "ZIP": b"PK\x03\x04" + b"\0" * 40,
    "ELF": b"\x7fELF" + b"\0" * 40,
    "a GIF's head before a script": b"GIF89a/*" + SCRIPT,
    "a JPEG's head alone": JPEG[:4],
    "a PNG's head alone": PNG[:8],
    "a WebP's head alone": WEBP[:12],
    "a JPEG behind other bytes": SCRIPT + JPEG,
    "half a JPEG": JPEG[: len(JPEG) // 2],
    "half a PNG": PNG[: len(PNG) // 2],
    "half a WebP": WEBP[: len(WEBP) // 2],
    "a PNG with a bad checksum": PNG[:29] + b"\0\0\0\0" + PNG[33:],
    "a PNG without rows": PNG[:16] + b"\0" * 8 + PNG[24:],
    "a WebP of another length": WEBP[:4] + b"\xff" * 4 + WEBP[8:],
    "a JPEG of many scans": many_scans(),
}
TOO_LARGE = {
    "a byte too many": JPEG + b"\0" * (MAX_BYTES + 1 - len(JPEG)),
    "144 megapixels in few bytes": make_bomb(12_000),
    "400 megapixels in few bytes": make_bomb(20_000),
    "a WebP of 9 megapixels": encode_picture(Image.new("RGB", (3000, 3000)), "WEBP"),
    "a JPEG of 26 megapixels": encode_picture(Image.new("L", (6500, 4000)), "JPEG"),
    "a progressive JPEG of 17 megapixels": encode_picture(Image.new("L", (4250, 4000)), "JPEG", progressive=True),
}


def open_picture(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(normalise_image(BytesIO(content))[0]))
    picture.load()
    return picture


@pytest.mark.parametrize(("kind", "extension"), KINDS.items())
def test_a_picture_keeps_its_format_and_size(kind: str, extension: str) -> None:
    content, found = normalise_image(BytesIO(make_plain_picture(kind)))
    picture = Image.open(BytesIO(content))
    assert (found, picture.format, picture.size) == (extension, kind, (40, 30))


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_an_odd_picture_becomes_one_still_picture_of_a_common_mode(content: bytes) -> None:
    picture, before = open_picture(content), Image.open(BytesIO(content))
    assert picture.size == before.size
    assert picture.mode in ("1", "L", "I;16", "RGB", "RGBA")
    assert getattr(picture, "n_frames", 1) == 1


@pytest.mark.parametrize("content", NOT_IMAGES.values(), ids=NOT_IMAGES)
def test_what_is_no_whole_jpeg_png_or_webp_is_refused(content: bytes) -> None:
    with pytest.raises(NotAnImage):
        normalise_image(BytesIO(content))


@pytest.mark.parametrize("kind", ["EPS", "GIF", "TIFF", "PDF"])
def test_no_other_decoder_looks_at_an_upload(kind: str) -> None:
    with pytest.raises(NotAnImage) as refused:
        normalise_image(BytesIO(make_plain_picture(kind)))
    assert isinstance(refused.value.__cause__, UnidentifiedImageError)


@pytest.mark.parametrize("content", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_picture_that_is_too_large_is_refused(content: bytes) -> None:
    with pytest.raises(ImageTooLarge):
        normalise_image(BytesIO(content))


def test_exactly_5_megabytes_are_taken() -> None:
    assert open_picture(JPEG + b"\0" * (MAX_BYTES - len(JPEG))).size == (40, 30)


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_do_not_survive(kind: str) -> None:
    before = make_telling_picture(kind)
    assert SECRET.encode() in before
    picture = open_picture(before)
    assert dict(picture.getexif()) == {}
    assert picture.info.keys() <= HARMLESS
    assert SECRET.encode() not in normalise_image(BytesIO(before))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_behind_the_picture_does_not_survive(kind: str) -> None:
    content, _ = normalise_image(BytesIO(make_plain_picture(kind) + SCRIPT))
    assert SCRIPT not in content


def test_a_picture_that_says_how_to_turn_it_is_turned() -> None:
    assert open_picture(make_sideways_picture()).size == (30, 40)


def test_a_transparent_colour_of_a_palette_stays_transparent() -> None:
    picture = Image.new("P", (4, 4), 1)
    picture.putpixel((0, 0), 0)
    shown = open_picture(encode_picture(picture, "PNG", transparency=0))
    assert [shown.getpixel(place)[3] for place in ((0, 0), (1, 1))] == [0, 255]  # type: ignore[index]  # RGBA


def test_a_transparent_colour_of_a_plain_png_stays_transparent() -> None:
    shown = open_picture(encode_picture(Image.new("RGB", (4, 4), "red"), "PNG", transparency=(255, 0, 0)))
    assert shown.getpixel((0, 0)) == (255, 0, 0, 0)


def test_the_first_picture_of_an_animation_is_kept() -> None:
    assert open_picture(make_animated_picture("PNG")).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_a_cmyk_picture_keeps_its_colours() -> None:
    red, green, blue = open_picture(encode_picture(Image.new("RGB", (9, 9), "red").convert("CMYK"), "JPEG")).getpixel(
        (4, 4)
    )  # type: ignore[misc]  # RGB
    assert red > 220
    assert max(green, blue) < 40


def test_a_large_jpeg_is_stored_at_half_its_size() -> None:
    assert open_picture(encode_picture(Image.new("L", (4000, 3000)), "JPEG")).size == (2000, 1500)
