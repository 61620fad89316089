"""Birds: a round body with wings, a beak, and the crest, mask or cheeks of the kind."""

from __future__ import annotations

from collections.abc import Callable

from petstore.demo.drawings.canvas import Color, Point, mix_colors
from petstore.demo.drawings.coats import INK, WHITE
from petstore.demo.drawings.scene import Sitting, draw_both_sides, draw_dark_eyes, draw_mirrored_lines

BODY: tuple[Point, ...] = (
    (50, 20), (61, 22), (70, 31), (73, 43), (74, 54), (80, 68), (83, 88), (82, 106), (50, 114),
    (18, 106), (17, 88), (20, 68), (26, 54), (27, 43), (30, 31), (39, 22),
)  # fmt: skip
BELLY: tuple[Point, ...] = ((50, 62), (62, 68), (69, 84), (68, 106), (50, 112), (32, 106), (31, 84), (38, 68))
WING: tuple[Point, ...] = ((22, 66), (14, 78), (11, 94), (14, 108), (26, 106), (31, 92), (30, 76))
MASK: tuple[Point, ...] = (
    (50, 31), (58, 28), (67, 34), (70, 45), (66, 57), (50, 63), (34, 57), (30, 45), (33, 34), (42, 28),
)  # fmt: skip
CREST: tuple[tuple[Point, ...], ...] = (
    ((46, 24), (40, 14), (33, 8), (31, 9), (35, 17), (43, 26)),
    ((48, 24), (46, 12), (42, 3), (40, 4), (41, 14), (45, 26)),
    ((46, 24), (50, 10), (54, 1), (56, 2), (56, 12), (54, 26)),
)
HOOKED: tuple[Point, ...] = (
    (50, 44.5),
    (55.5, 46.5),
    (56.5, 51),
    (53, 57),
    (50, 61),
    (47, 57),
    (43.5, 51),
    (44.5, 46.5),
)
POINTED: tuple[Point, ...] = ((50, 46.5), (55.5, 50.5), (50, 58), (44.5, 50.5))

ORANGE: Color = (244, 160, 66)
HORN: Color = (232, 196, 148)
SLATE: Color = (84, 84, 94)


def draw_bird(sitting: Sitting) -> None:
    """Draw a bird from head to belly."""
    canvas, coat = sitting.canvas, sitting.coat
    if sitting.breed == "Cockatiel":
        for feather in CREST:
            canvas.draw_blob(feather, mix_colors(coat.light, coat.accent, 0.12))
    canvas.draw_blob(BODY, coat.base)
    with canvas.clip_to_outline(BODY):
        canvas.draw_blob(BELLY, _choose_belly_color(sitting))
        _draw_belly_plumage(sitting)
    _draw_bird_wings(sitting)
    _draw_bird_head(sitting)
    draw_dark_eyes(canvas, (36.5, 43), (4, 4.5))
    _draw_bird_beak(sitting)


def _choose_belly_color(sitting: Sitting) -> Color:
    coat = sitting.coat
    if sitting.breed == "Canary":
        return mix_colors(coat.base, coat.light, 0.75)
    if sitting.breed == "Green-cheeked Conure":
        return coat.light
    return mix_colors(coat.base, WHITE, 0.25)


def _draw_belly_plumage(sitting: Sitting) -> None:
    color = mix_colors(_choose_belly_color(sitting), sitting.coat.dark, 0.28)
    for row, y in enumerate((74, 82, 90)):
        for x in (41, 50, 59) if row % 2 == 0 else (36.5, 45.5, 54.5, 63.5):
            sitting.canvas.draw_stroke([(x - 2.4, y), (x, y + 1.8), (x + 2.4, y)], 0.9, color)


def _draw_bird_wings(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    color = mix_colors(coat.base, coat.dark, 0.8)
    draw_both_sides(canvas, WING, color)
    for y in (86, 93):
        draw_mirrored_lines(canvas, [(15, y), (20, y + 3), (27, y + 1)], 0.9, mix_colors(color, INK, 0.25))


def _draw_bird_head(sitting: Sitting) -> None:
    HEADS.get(sitting.breed, _draw_canary_head)(sitting)


def _draw_budgerigar_head(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    face = mix_colors(coat.light, WHITE, 0.1)
    with canvas.clip_to_outline(BODY):
        canvas.draw_ellipse((50, 38), (27, 22), face)
        for y, end in ((24, 40), (27.8, 36), (31.6, 32)):
            draw_mirrored_lines(canvas, [(47, y), (43, y + 0.8), (end, y + 2.4)], 1.3, coat.dark)
    for x in (40, 60):
        canvas.draw_ellipse((x, 61), (1.5, 1.5), coat.dark)
    draw_both_sides(canvas, [(31, 55), (35, 53), (38, 57), (34, 60)], (96, 122, 206))


def _draw_cockatiel_head(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_blob(MASK, coat.light)
    for x in (31, 69):
        canvas.draw_ellipse((x, 53), (5.4, 5), coat.accent)


def _draw_lovebird_head(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    with canvas.clip_to_outline(BODY):
        canvas.draw_ellipse((50, 44), (23, 23), coat.light)
    _draw_eye_rings(sitting, WHITE)


def _draw_conure_head(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    with canvas.clip_to_outline(BODY):
        canvas.draw_ellipse((50, 22), (26, 14), coat.accent)
    _draw_eye_rings(sitting, WHITE)


def _draw_grey_parrot_head(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_blob(MASK, coat.light)
    draw_both_sides(canvas, [(12, 90), (9, 108), (26, 110), (30, 95), (21, 93)], coat.accent)


def _draw_canary_head(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    for points in ([(50, 21), (47, 16), (44, 14)], [(50, 21), (50.5, 15), (52, 11.5)]):
        canvas.draw_stroke(points, 1.6, coat.base)
    for x in (32, 68):
        canvas.draw_ellipse((x, 52.5), (4.4, 3.4), coat.accent, 0.6)


def _draw_eye_rings(sitting: Sitting, color: Color) -> None:
    for x in (36.5, 63.5):
        sitting.canvas.draw_ellipse((x, 43), (5.8, 6.2), color)


def _draw_bird_beak(sitting: Sitting) -> None:
    canvas = sitting.canvas
    if sitting.breed == "Canary":
        canvas.draw_blob(POINTED, ORANGE)
        canvas.draw_stroke([(45.5, 51.4), (50, 53), (54.5, 51.4)], 0.7, mix_colors(ORANGE, INK, 0.35))
        return
    color = SLATE if sitting.breed in {"African Grey Parrot", "Green-cheeked Conure"} else HORN
    canvas.draw_blob(HOOKED, color)
    canvas.draw_blob([*HOOKED[4:], (50, 50)], mix_colors(color, WHITE, 0.18))
    for x in (48, 52):
        canvas.draw_ellipse((x, 47.6), (0.7, 0.7), mix_colors(color, INK, 0.5))


HEADS: dict[str, Callable[[Sitting], None]] = {
    "Budgerigar": _draw_budgerigar_head,
    "Cockatiel": _draw_cockatiel_head,
    "Peach-faced Lovebird": _draw_lovebird_head,
    "Green-cheeked Conure": _draw_conure_head,
    "African Grey Parrot": _draw_grey_parrot_head,
}
