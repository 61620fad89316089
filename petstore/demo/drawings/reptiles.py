"""Reptiles: lizards with bulging eyes and a wide smile, and tortoises under their shell."""

from __future__ import annotations

from petstore.demo.drawings.canvas import Canvas, Color, Point, mirror_points, mix_colors
from petstore.demo.drawings.coats import INK, WHITE, Marking
from petstore.demo.drawings.scene import (
    Sitting,
    draw_blush,
    draw_both_sides,
    draw_bright_eyes,
    draw_dark_eyes,
    draw_mirrored_lines,
    draw_shoulders,
)

LIZARD: tuple[Point, ...] = (
    (50, 35), (60, 33), (70, 34), (77, 43), (79, 54), (73, 65), (62, 71), (50, 73),
    (38, 71), (27, 65), (21, 54), (23, 43), (30, 34), (40, 33),
)  # fmt: skip
NECK: tuple[Point, ...] = ((50, 66), (63, 70), (69, 82), (74, 104), (50, 112), (26, 104), (31, 82), (37, 70))
SHELL: tuple[Point, ...] = (
    (50, 17), (66, 20), (80, 33), (88, 54), (89, 76), (84, 92), (50, 98), (16, 92), (11, 76), (12, 54),
    (20, 33), (34, 20),
)  # fmt: skip
TORTOISE: tuple[Point, ...] = (
    (50, 40), (60, 42), (67, 50), (68, 61), (62, 70), (50, 73), (38, 70), (32, 61), (33, 50), (40, 42),
)  # fmt: skip
SPOTS: tuple[Point, ...] = (
    (50, 38), (44, 42.5), (56, 42.5), (50, 47), (26, 53), (74, 53), (31, 58), (69, 58), (42, 36), (58, 36),
)  # fmt: skip
LEG: tuple[Point, ...] = ((30, 80), (20, 82), (14, 92), (13, 106), (32, 108), (38, 94))

IRISES: tuple[Color, ...] = ((246, 196, 76), (206, 214, 96), (240, 164, 84))


def draw_reptile(sitting: Sitting) -> None:
    """Draw a tortoise or a lizard, by its breed."""
    if sitting.breed.endswith("Tortoise"):
        _draw_tortoise(sitting)
    else:
        _draw_lizard(sitting)


def _draw_lizard(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    draw_shoulders(sitting, coat.light, NECK)
    _draw_head_ornaments(sitting)
    for x in (31.0, 69.0):
        canvas.draw_ellipse((x, 39), (10, 10.5), coat.base)
    canvas.draw_blob(LIZARD, coat.base)
    with canvas.clip_to_outline(LIZARD):
        canvas.draw_ellipse((50, 78), (32, 16), coat.light)
        _draw_scale_spots(sitting)
    _draw_lizard_face(sitting)


def _draw_head_ornaments(sitting: Sitting) -> None:
    """Draw a beard, a crest of spines, or lashes behind the head."""
    canvas, coat = sitting.canvas, sitting.coat
    if sitting.breed == "Bearded Dragon":
        for x, y in ((20.0, 50.0), (21.0, 57.0), (24, 64), (29, 70), (36, 75), (43, 78), (50, 79)):
            _draw_spike(canvas, (x, y), coat.dark)
            _draw_spike(canvas, (100 - x, y), coat.dark)
    elif sitting.breed == "Common Iguana":
        for x, height in ((50, 15), (44, 19), (56, 19), (38.5, 24), (61.5, 24)):
            canvas.draw_polygon([(x - 3.4, 38), (x, height), (x + 3.4, 38)], coat.dark)
        canvas.draw_blob([(38, 68), (62, 68), (58, 82), (50, 88), (42, 82)], mix_colors(coat.base, coat.dark, 0.5))
    elif sitting.breed == "Crested Gecko":
        for x, y in ((19, 33), (22, 28.5), (27, 26), (33, 26)):
            _draw_spike(canvas, (x, y), coat.dark, (31, 40))
            _draw_spike(canvas, (100 - x, y), coat.dark, (69, 40))


def _draw_spike(canvas: Canvas, tip: Point, color: Color, root: Point = (50, 52)) -> None:
    """Draw a triangle that grows from the root's direction and ends a little beyond `tip`."""
    dx, dy = tip[0] - root[0], tip[1] - root[1]
    length = (dx * dx + dy * dy) ** 0.5
    dx, dy = dx / length, dy / length
    base = (tip[0] - dx * 6, tip[1] - dy * 6)
    side = (-dy * 3, dx * 3)
    end = (tip[0] + dx * 2.5, tip[1] + dy * 2.5)
    canvas.draw_polygon([(base[0] + side[0], base[1] + side[1]), end, (base[0] - side[0], base[1] - side[1])], color)


def _draw_scale_spots(sitting: Sitting) -> None:
    canvas, coat, rng = sitting.canvas, sitting.coat, sitting.rng
    if coat.marking is not Marking.SPOTS:
        for height in (37, 42):
            draw_mirrored_lines(canvas, [(50, height), (46, height + 2), (43, height - 1)], 1.3, coat.dark)
        return
    for x, y in SPOTS:
        spot = (x + rng.uniform(-1.2, 1.2), y + rng.uniform(-1.2, 1.2))
        canvas.draw_ellipse(spot, (rng.uniform(0.9, 2), rng.uniform(0.9, 1.7)), coat.dark)


def _draw_lizard_face(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    draw_bright_eyes(canvas, (31, 39.5), 7.2, sitting.rng.choice(IRISES), (1.9, 5.6))
    draw_mirrored_lines(canvas, [(23, 56), (30, 61.5), (40, 64.4), (50, 65)], 1.2, mix_colors(coat.dark, INK, 0.55))
    for x in (46.4, 53.6):
        canvas.draw_ellipse((x, 55), (0.9, 1.2), mix_colors(coat.dark, INK, 0.5))
    if sitting.breed == "Common Iguana":
        for x in (29, 71):
            canvas.draw_ellipse((x, 57), (3.6, 3.6), mix_colors(coat.light, WHITE, 0.2), 0.8)
    else:
        draw_blush(canvas, (27, 53))


def _draw_tortoise(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_blob(SHELL, coat.dark)
    with canvas.clip_to_outline(SHELL):
        _draw_shell_plates(sitting)
    skin = mix_colors(coat.base, coat.light, 0.3)
    draw_both_sides(canvas, LEG, mix_colors(skin, coat.dark, 0.25))
    canvas.draw_blob([(40, 62), (60, 62), (64, 84), (50, 92), (36, 84)], mix_colors(skin, coat.dark, 0.4))
    canvas.draw_blob(TORTOISE, skin)
    _draw_tortoise_face(sitting)


def _draw_shell_plates(sitting: Sitting) -> None:
    """Draw the plates of the shell, each with a lighter heart."""
    canvas, coat = sitting.canvas, sitting.coat
    plates: tuple[tuple[Point, ...], ...] = (
        ((39, 22), (61, 22), (66, 36), (60, 46), (40, 46), (34, 36)),
        ((34, 24), (31, 36), (37, 48), (30, 60), (15, 52), (22, 34)),
        ((14, 56), (29, 63), (30, 80), (14, 88), (9, 72)),
    )
    for plate in (*plates, *(tuple(mirror_points(plate)) for plate in plates[1:])):
        x, y = (sum(point[axis] for point in plate) / len(plate) for axis in (0, 1))
        canvas.draw_polygon(plate, coat.base)
        canvas.draw_polygon([(x + (px - x) * 0.5, y + (py - y) * 0.5) for px, py in plate], coat.light)


def _draw_tortoise_face(sitting: Sitting) -> None:
    canvas, coat = sitting.canvas, sitting.coat
    draw_dark_eyes(canvas, (40, 54), (3.5, 4))
    draw_blush(canvas, (38.5, 62))
    draw_mirrored_lines(canvas, [(42.5, 64), (46, 66.6), (50, 67.4)], 1.1, mix_colors(coat.dark, INK, 0.5))
    for x in (48.4, 51.6):
        canvas.draw_ellipse((x, 59.5), (0.6, 0.8), mix_colors(coat.dark, INK, 0.5))
