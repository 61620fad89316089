"""Cats: pointed ears, coloured eyes, whiskers and every kind of coat."""

from __future__ import annotations

from petstore.demo.drawings.canvas import Color, Point, mirror_points, mix_colors
from petstore.demo.drawings.coats import DEEP, WHITE, Marking
from petstore.demo.drawings.scene import (
    PINK,
    Sitting,
    draw_both_sides,
    draw_bright_eyes,
    draw_mirrored_lines,
    draw_neckwear,
    draw_nose,
    draw_shoulders,
    draw_smile,
)

HEAD: tuple[Point, ...] = (
    (50, 25), (62, 27), (72, 35), (77, 48), (73, 60), (62, 69), (50, 71.5),
    (38, 69), (27, 60), (23, 48), (28, 35), (38, 27),
)  # fmt: skip

FLUFFY: tuple[Point, ...] = (
    (50, 24), (62, 26), (72, 34), (77, 46), (82, 56), (76, 58), (78, 65), (70, 65), (62, 71), (50, 73),
    (38, 71), (30, 65), (22, 65), (24, 58), (18, 56), (23, 46), (28, 34), (38, 26),
)  # fmt: skip

EAR: tuple[Point, ...] = ((27, 46), (23, 31), (22.5, 14), (25, 12.5), (36, 21), (45, 28), (34, 40))
INNER: tuple[Point, ...] = ((27.5, 34), (26, 27), (26, 19), (32, 23), (38, 28), (32, 32))
FOLDED_EAR: tuple[Point, ...] = ((27, 38), (25, 26), (31, 21), (40, 26), (36, 32), (29, 39))

FLUFFY_BREEDS = frozenset({"Maine Coon", "Persian", "Ragdoll", "Domestic Longhair"})
FOLDED_BREEDS = frozenset({"Scottish Fold"})
BLUE_EYED: Color = (118, 186, 232)
IRISES: tuple[Color, ...] = ((160, 200, 96), (240, 188, 72), (120, 190, 152), (226, 158, 66))


def draw_cat(sitting: Sitting) -> None:
    """Draw a cat, head and shoulders."""
    canvas, coat = sitting.canvas, sitting.coat
    head = FLUFFY if sitting.breed in FLUFFY_BREEDS else HEAD
    draw_shoulders(sitting, coat.light)
    if sitting.rng.random() < 0.7:
        draw_neckwear(sitting)
    _draw_cat_ears(sitting)
    canvas.draw_blob(head, coat.base)
    with canvas.clip_to_outline(head):
        canvas.draw_ellipse((50, 82), (30, 16), coat.dark, 0.18)
        _draw_cat_markings(sitting)
    if sitting.breed in FOLDED_BREEDS:
        draw_both_sides(canvas, FOLDED_EAR, mix_colors(coat.base, coat.dark, 0.6))
    _draw_cat_face(sitting)


def _draw_cat_ears(sitting: Sitting) -> None:
    if sitting.breed in FOLDED_BREEDS:
        return
    canvas, coat = sitting.canvas, sitting.coat
    draw_both_sides(canvas, EAR, coat.dark if coat.marking is Marking.POINTS else coat.base)
    if coat.marking is Marking.PATCHES:
        canvas.draw_blob(mirror_points(EAR), coat.accent)
        canvas.draw_blob(EAR, coat.dark)
    draw_both_sides(canvas, INNER, mix_colors(PINK, coat.dark, 0.25))


def _draw_cat_markings(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    if coat.marking is Marking.TABBY:
        _draw_tabby_stripes(sitting)
    elif coat.marking is Marking.PATCHES:
        _draw_coat_patches(sitting)
    elif coat.marking is Marking.POINTS:
        _draw_dark_mask(sitting)
    elif coat.marking is Marking.SPOTS:
        _draw_tabby_stripes(sitting)
        _draw_coat_spots(sitting)
    elif coat.marking is Marking.BLAZE:
        wide = sitting.rng.uniform(2.5, 6)
        canvas.draw_blob(
            [(50, 26), (50 + wide, 44), (68, 62), (62, 76), (38, 76), (32, 62), (50 - wide, 44)], coat.light
        )


def _draw_tabby_stripes(sitting: Sitting) -> None:
    canvas, dark = sitting.canvas, sitting.coat.dark
    canvas.draw_stroke([(50, 24), (50, 36)], 2.4, dark)
    draw_mirrored_lines(canvas, [(44, 25), (44.6, 34)], 2.4, dark)
    draw_mirrored_lines(canvas, [(38, 27), (39.4, 32)], 2.2, dark)
    for y in (49, 55, 61):
        draw_mirrored_lines(canvas, [(21, y), (29, y + 0.5), (33, y - 0.5)], 2, dark)


def _draw_coat_patches(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_blob([(20, 30), (40, 20), (48, 30), (45, 44), (36, 52), (24, 48)], coat.dark)
    canvas.draw_blob([(80, 30), (62, 20), (53, 26), (56, 40), (66, 51), (78, 46)], coat.accent)
    canvas.draw_blob([(66, 60), (76, 54), (80, 66), (66, 74)], sitting.rng.choice((coat.dark, coat.accent)))


def _draw_dark_mask(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_ellipse((50, 55), (21, 18), coat.dark, 0.35)
    canvas.draw_ellipse((50, 56), (16.5, 15), coat.dark, 0.6)


def _draw_coat_spots(sitting: Sitting) -> None:
    rng = sitting.rng
    for x, y in ((33, 33), (67, 33), (30, 42), (70, 42), (38, 66), (62, 66)):
        spot = (x + rng.uniform(-1, 1), y + rng.uniform(-1, 1))
        sitting.canvas.draw_ellipse(spot, (1.7, 1.3), sitting.coat.dark)


def _draw_cat_face(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    pointed = coat.marking is Marking.POINTS
    iris = BLUE_EYED if pointed else sitting.rng.choice(IRISES)
    draw_bright_eyes(canvas, (37.5, 48), 5.4, iris, (sitting.rng.uniform(1.7, 3.2), 4.2))
    muzzle = mix_colors(coat.base, coat.dark, 0.8) if pointed else coat.light
    for x in (45.2, 54.8):
        canvas.draw_ellipse((x, 60.5), (6.2, 5), muzzle)
    canvas.draw_ellipse((50, 64.5), (4, 2.8), muzzle)
    draw_smile(canvas, 57, 3.4, 5.6)
    draw_nose(canvas, (50, 56), (3.3, 2.4), DEEP if pointed else (226, 128, 128))
    _draw_cat_whiskers(sitting)


def _draw_cat_whiskers(sitting: Sitting) -> None:
    color = mix_colors(WHITE, sitting.coat.dark, 0.15)
    for y, end in ((59, 56.5), (61.5, 62), (64, 67)):
        draw_mirrored_lines(sitting.canvas, [(39, y), (28, (y + end) / 2 - 0.6), (17, end)], 0.6, color)
