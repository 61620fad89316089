"""Dogs: ears that hang, stand, fold or curl, a muzzle, and markings over the face."""

from __future__ import annotations

from petstore.demo.drawings.canvas import Color, Point, mirror_points, mix_colors
from petstore.demo.drawings.coats import INK, Coat, Marking
from petstore.demo.drawings.scene import (
    PINK,
    Sitting,
    draw_both_sides,
    draw_dark_eyes,
    draw_neckwear,
    draw_nose,
    draw_shoulders,
    draw_smile,
    draw_tongue,
)

HEAD: tuple[Point, ...] = (
    (50, 20), (62, 22), (71, 31), (74, 44), (70, 58), (61, 68), (50, 71),
    (39, 68), (30, 58), (26, 44), (29, 31), (38, 22),
)  # fmt: skip

FLOPPY: tuple[Point, ...] = ((37, 22), (27, 22), (18, 33), (14, 50), (18, 62), (25, 61), (30, 49), (33, 36))
POINTED: tuple[Point, ...] = ((29, 43), (24.5, 27), (22.5, 10), (25, 9), (36, 16), (45, 24), (36, 36))
POINTED_INNER: tuple[Point, ...] = ((29, 34), (26.5, 24), (25.5, 15), (33, 20), (38, 25), (33, 31))
FOLDED: tuple[Point, ...] = ((28, 34), (27, 20), (34, 16), (41, 21), (38, 28), (24, 39), (19, 36), (22, 27))

POINTED_BREEDS = frozenset({"German Shepherd", "Siberian Husky", "Pembroke Welsh Corgi", "Chihuahua"})
FOLDED_BREEDS = frozenset({"Jack Russell Terrier", "Border Collie", "Staffordshire Bull Terrier"})
CURLY_BREEDS = frozenset({"Toy Poodle"})


def draw_dog(sitting: Sitting) -> None:
    """Draw a dog, head and shoulders."""
    coat = sitting.coat
    draw_shoulders(sitting, coat.light if coat.marking is not Marking.SPOTS else coat.base)
    draw_neckwear(sitting)
    if sitting.breed in POINTED_BREEDS:
        _draw_pointed_ears(sitting)
    sitting.canvas.draw_blob(HEAD, coat.base)
    with sitting.canvas.clip_to_outline(HEAD):
        _draw_dog_markings(sitting)
    if sitting.breed not in POINTED_BREEDS:
        _draw_hanging_ears(sitting)
    _draw_dog_face(sitting)


def _draw_pointed_ears(sitting: Sitting) -> None:
    coat = sitting.coat
    draw_both_sides(sitting.canvas, POINTED, coat.dark if coat.marking is Marking.POINTS else coat.base)
    draw_both_sides(sitting.canvas, POINTED_INNER, mix_colors(coat.dark, PINK, 0.45))


def _draw_hanging_ears(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    if sitting.breed in CURLY_BREEDS:
        _draw_curly_ears(sitting)
        return
    draw_both_sides(canvas, FOLDED if sitting.breed in FOLDED_BREEDS else FLOPPY, coat.dark)


def _draw_curly_ears(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    for x, y, radius in ((26, 34, 8), (21, 43, 8.5), (21, 53, 8.5), (25, 61, 6.5)):
        for side in (x, 100 - x):
            canvas.draw_ellipse((side, y), (radius, radius), coat.dark)
    for x, y, radius in ((37, 24, 8), (63, 24, 8), (44, 17, 8.5), (56, 17, 8.5), (50, 24, 9)):
        canvas.draw_ellipse((x, y), (radius, radius), mix_colors(coat.base, coat.light, 0.35))


def _draw_dog_markings(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_ellipse((50, 82), (30, 16), coat.dark, 0.18)
    if coat.marking is Marking.BLAZE:
        _draw_white_blaze(sitting)
    elif coat.marking is Marking.TABBY:
        _draw_brindle_stripes(sitting)
    elif coat.marking is Marking.SPOTS:
        _draw_coat_spots(sitting)
    elif coat.marking is Marking.PATCHES:
        _draw_eye_patch(sitting, coat.dark)
    elif coat.marking is Marking.BROWS:
        draw_both_sides(canvas, [(26, 62), (34, 54), (46, 56), (44, 72), (32, 72)], coat.light)
    elif coat.marking is Marking.POINTS:
        canvas.draw_ellipse((50, 58), (21, 19), coat.dark, 0.55)


def _draw_white_blaze(sitting: Sitting) -> None:
    """Draw a white stripe down the face, and for most a darker eye patch."""
    canvas, coat = sitting.canvas, sitting.coat
    if sitting.breed == "Siberian Husky":
        draw_both_sides(canvas, [(22, 58), (30, 46), (41, 46), (47, 40), (50, 52), (50, 75), (30, 75)], coat.light)
        draw_both_sides(canvas, [(35, 35), (41, 34), (44, 38), (38, 38.5)], coat.light)
        return
    if sitting.rng.random() < 0.5:
        _draw_eye_patch(sitting, coat.dark)
    wide = sitting.rng.uniform(3.5, 6)
    canvas.draw_blob([(50 - wide * 0.6, 16), (50 + wide * 0.6, 16), (50 + wide, 42), (67, 60), (62, 74),
                 (38, 74), (33, 60), (50 - wide, 42)], coat.light)  # fmt: skip


def _draw_eye_patch(sitting: Sitting, color: Color) -> None:
    outline: list[Point] = [(28, 36), (36, 31), (44, 35), (45, 45), (38, 51), (29, 48)]
    left = sitting.rng.random() < 0.5
    sitting.canvas.draw_blob(outline if left else mirror_points(outline), color)


def _draw_brindle_stripes(sitting: Sitting) -> None:
    canvas, dark = sitting.canvas, sitting.coat.dark
    for x in (44, 50, 56):
        canvas.draw_stroke([(x, 18), (50 + (x - 50) * 0.8, 29)], 2.2, dark)
    for y in (46, 53, 60):
        canvas.draw_stroke([(24, y), (32, y + 1.5)], 2.2, dark)
        canvas.draw_stroke([(76, y), (68, y + 1.5)], 2.2, dark)


def _draw_coat_spots(sitting: Sitting) -> None:
    for x, y in ((34, 30), (43, 25), (59, 24), (67, 34), (30, 50), (69, 52), (38, 64), (62, 65), (50, 33)):
        rng = sitting.rng
        spot = (x + rng.uniform(-2, 2), y + rng.uniform(-2, 2))
        sitting.canvas.draw_ellipse(spot, (rng.uniform(1.4, 3), rng.uniform(1.4, 2.6)), sitting.coat.dark)


def _draw_dog_face(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_ellipse((50, 58), (14.5, 10.5), _choose_muzzle_color(coat))
    draw_dark_eyes(canvas, (38.5, 43), (3.9, 4.4))
    if coat.marking is Marking.BROWS:
        for x in (38.5, 61.5):
            canvas.draw_ellipse((x, 35), (3, 1.8), coat.light)
    if sitting.rng.random() < 0.55:
        draw_tongue(canvas, 62.2)
    draw_smile(canvas, 53, 7, 7.5)
    draw_nose(canvas, (50, 51.5), (5.6, 4), INK)


def _choose_muzzle_color(coat: Coat) -> Color:
    return mix_colors(coat.base, coat.dark, 0.85) if coat.marking is Marking.POINTS else coat.light
