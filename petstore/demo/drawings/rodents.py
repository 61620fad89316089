"""Small animals: hamster, guinea pig, gerbil, chinchilla and rat differ in their ears and cheeks."""

from __future__ import annotations

from dataclasses import dataclass

from petstore.demo.drawings.canvas import Color, Point, mix_colors
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
    (50, 28), (61, 30), (70, 38), (76, 49), (79, 59), (74, 69), (62, 74), (50, 75),
    (38, 74), (26, 69), (21, 59), (24, 49), (30, 38), (39, 30),
)  # fmt: skip
BODY: tuple[Point, ...] = ((50, 68), (68, 72), (80, 84), (86, 104), (50, 112), (14, 104), (20, 84), (32, 72))
PETAL: tuple[Point, ...] = ((35, 34), (27, 31), (18, 37), (14, 48), (19, 52), (27, 49), (33, 42))


@dataclass(frozen=True, slots=True)
class Ears:
    """Round ears: the place of the left one, and the size of both."""

    center: Point
    radius: float


EARS: dict[str, Ears] = {
    "Chinchilla": Ears((25, 29), 14),
    "Fancy Rat": Ears((27, 31), 11.5),
    "Mongolian Gerbil": Ears((30, 31), 8.5),
}
SMALL_EARS = Ears((30, 32), 8)


def draw_rodent(sitting: Sitting) -> None:
    """Draw a hamster or one of its cousins, head and paws."""
    canvas, coat = sitting.canvas, sitting.coat
    draw_shoulders(sitting, coat.light, BODY)
    if sitting.breed != "Guinea Pig":
        _draw_round_ears(sitting)
    canvas.draw_blob(HEAD, coat.base)
    with canvas.clip_to_outline(HEAD):
        _draw_rodent_markings(sitting)
    if sitting.breed == "Guinea Pig":
        draw_both_sides(canvas, PETAL, coat.dark)
        _draw_head_tuft(sitting)
    _draw_rodent_face(sitting)
    _draw_rodent_paws(sitting)


def _draw_round_ears(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    ears = EARS.get(sitting.breed, SMALL_EARS)
    (left, y), radius = ears.center, ears.radius
    for x in (left, 100 - left):
        canvas.draw_ellipse((x, y), (radius, radius), mix_colors(coat.base, coat.dark, 0.5))
        canvas.draw_ellipse((x, y + radius * 0.1), (radius * 0.66, radius * 0.66), mix_colors(PINK, coat.light, 0.25))


def _draw_head_tuft(sitting: Sitting) -> None:
    color = sitting.coat.light
    for tip in ((43, 22), (49, 19), (56, 21.5)):
        sitting.canvas.draw_blob([(46, 32), tip, (54, 32), (50, 36)], color)


def _draw_rodent_markings(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_ellipse((50, 88), (34, 17), coat.dark, 0.18)
    draw_both_sides(canvas, [(22, 56), (34, 54), (44, 60), (46, 76), (24, 76)], coat.light)
    canvas.draw_ellipse((50, 66), (13, 10), coat.light)
    if coat.marking is Marking.BLAZE:
        wide = sitting.rng.uniform(3, 6)
        canvas.draw_blob([(50, 26), (50 + wide, 42), (58, 62), (42, 62), (50 - wide, 42)], coat.light)
        if sitting.rng.random() < 0.6:
            canvas.draw_blob([(26, 44), (34, 36), (43, 40), (44, 50), (36, 56), (27, 54)], coat.dark)
    elif sitting.breed in {"Syrian Hamster", "Winter White Hamster"}:
        canvas.draw_stroke([(50, 26), (50, 38)], 3, mix_colors(coat.base, coat.dark, 0.6))


def _draw_rodent_face(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    draw_dark_eyes(canvas, (37.5, 49), (4.2, 4.6))
    draw_blush(canvas, (31.5, 61))
    canvas.draw_polygon([(47.8, 65), (52.2, 65), (51.8, 69), (48.2, 69)], WHITE)
    draw_smile(canvas, 60, 3.6, 5)
    draw_nose(canvas, (50, 58.6), (2.7, 2), (222, 120, 124))
    for y, end in ((61.5, 59), (64, 65)):
        draw_mirrored_lines(
            canvas, [(41, y), (33, (y + end) / 2 - 0.4), (25, end)], 0.45, mix_colors(WHITE, coat.dark, 0.35)
        )


def _draw_rodent_paws(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    pink: Color = mix_colors(PINK, WHITE, 0.35)
    draw_both_sides(
        canvas, [(30, 82), (38, 79), (46, 84), (45, 90), (37, 91), (29, 90)], mix_colors(coat.base, coat.dark, 0.3)
    )
    for x in (42, 58):
        canvas.draw_ellipse((x, 86.5), (4.4, 3.6), pink)
