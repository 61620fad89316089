"""Rabbits: long ears that stand or hang, a split lip, two teeth."""

from __future__ import annotations

from petstore.demo.drawings.canvas import Point, mix_colors
from petstore.demo.drawings.coats import WHITE, Marking
from petstore.demo.drawings.scene import (
    PINK,
    Sitting,
    draw_blush,
    draw_both_sides,
    draw_dark_eyes,
    draw_mirrored_lines,
    draw_nose,
    draw_shoulders,
    draw_smile,
)

HEAD: tuple[Point, ...] = (
    (50, 33), (60, 35), (68, 43), (72, 55), (69, 66), (60, 73), (50, 74.5),
    (40, 73), (31, 66), (28, 55), (32, 43), (40, 35),
)  # fmt: skip
BODY: tuple[Point, ...] = ((50, 72), (64, 74), (75, 86), (79, 104), (50, 112), (21, 104), (25, 86), (36, 74))

TALL: tuple[Point, ...] = ((39, 40), (32, 30), (29, 16), (32, 6), (37, 5), (43, 14), (46, 28), (47, 38))
TALL_INNER: tuple[Point, ...] = ((40, 35), (35.5, 27), (33, 16), (35, 10.5), (39.5, 17), (42, 28))
SHORT: tuple[Point, ...] = ((38, 42), (32, 34), (30, 23), (32.5, 15), (38, 15), (44, 23), (47, 32), (47, 40))
SHORT_INNER: tuple[Point, ...] = ((40, 37), (35.5, 32), (34, 24), (35.5, 19.5), (40, 24), (42.5, 32))
LOP: tuple[Point, ...] = ((44, 34), (36, 29), (26, 33), (19, 46), (16, 62), (20, 73), (26, 73), (31, 62), (33, 47))
LOP_INNER: tuple[Point, ...] = ((22.5, 50), (19.8, 62), (22.4, 69), (26, 64), (27.6, 53))

LOP_BREEDS = frozenset({"Holland Lop", "Mini Lop"})
SHORT_EARED = frozenset({"Netherland Dwarf", "Lionhead"})
MANE: tuple[Point, ...] = (
    (50, 24), (55, 30), (62, 26), (65, 34), (73, 34), (73, 43), (80, 46), (77, 54), (83, 60), (77, 65),
    (79, 73), (70, 74), (66, 82), (58, 77), (50, 83), (42, 77), (34, 82), (30, 74), (21, 73), (23, 65),
    (17, 60), (23, 54), (20, 46), (27, 43), (27, 34), (35, 34), (38, 26), (45, 30),
)  # fmt: skip


def draw_rabbit(sitting: Sitting) -> None:
    """Draw a rabbit, head and shoulders."""
    canvas, coat = sitting.canvas, sitting.coat
    draw_shoulders(sitting, coat.light, BODY)
    if sitting.breed == "Lionhead":
        canvas.draw_blob(MANE, mix_colors(coat.base, coat.dark, 0.45))
    if sitting.breed not in LOP_BREEDS:
        _draw_upright_ears(sitting)
    canvas.draw_blob(HEAD, coat.base)
    with canvas.clip_to_outline(HEAD):
        _draw_rabbit_markings(sitting)
    if sitting.breed in LOP_BREEDS:
        draw_both_sides(canvas, LOP, coat.dark)
        draw_both_sides(canvas, LOP_INNER, mix_colors(coat.dark, PINK, 0.35))
    _draw_rabbit_face(sitting)


def _draw_upright_ears(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    short = sitting.breed in SHORT_EARED
    draw_both_sides(canvas, SHORT if short else TALL, coat.dark if coat.marking is Marking.BLAZE else coat.base)
    draw_both_sides(canvas, SHORT_INNER if short else TALL_INNER, mix_colors(PINK, coat.light, 0.3))


def _draw_rabbit_markings(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_ellipse((50, 84), (28, 15), coat.dark, 0.18)
    if coat.marking is Marking.BLAZE:
        wide = sitting.rng.uniform(2, 5)
        canvas.draw_blob(
            [(50, 32), (50 + wide, 48), (65, 65), (60, 78), (40, 78), (35, 65), (50 - wide, 48)], coat.light
        )


def _draw_rabbit_face(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_polygon([(47.2, 67), (52.8, 67), (52.3, 72), (47.7, 72)], WHITE)
    canvas.draw_stroke([(50, 67), (50, 71.6)], 0.5, mix_colors(WHITE, coat.dark, 0.4))
    for x in (45.4, 54.6):
        canvas.draw_ellipse((x, 64.5), (6.4, 5), coat.light)
    draw_dark_eyes(canvas, (37.5, 53), (4.2, 5))
    draw_blush(canvas, (33.5, 62.5))
    draw_smile(canvas, 61.5, 3.8, 5)
    draw_nose(canvas, (50, 60.5), (3, 2.2), (224, 124, 128))
    for y, end in ((64, 62), (66.5, 68)):
        draw_mirrored_lines(
            canvas, [(39, y), (31, (y + end) / 2 - 0.4), (22, end)], 0.5, mix_colors(WHITE, coat.dark, 0.2)
        )
