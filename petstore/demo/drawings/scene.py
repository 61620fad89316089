"""Parts that all portraits share: the backdrop, the eyes, the nose and mouth, the collar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from petstore.demo.drawings.canvas import Canvas, Color, Point, mirror_points, mix_colors
from petstore.demo.drawings.coats import INK, WHITE, Coat

PINK: Color = (238, 150, 148)
BLUSH: Color = (246, 132, 122)

BACKDROPS: tuple[Color, ...] = (
    (247, 200, 164),
    (250, 214, 130),
    (190, 220, 170),
    (156, 214, 204),
    (160, 204, 236),
    (186, 188, 236),
    (224, 188, 230),
    (246, 186, 192),
)

COLLARS: tuple[Color, ...] = (
    (222, 86, 82),
    (64, 134, 196),
    (54, 156, 136),
    (240, 164, 60),
    (136, 100, 186),
    (226, 104, 148),
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A pet that sits for its portrait; `rng` depends on the pet only."""

    canvas: Canvas
    coat: Coat
    breed: str
    rng: Random


def draw_backdrop(sitting: Sitting) -> None:
    """Draw a soft gradient with a lighter disc, in a hue that sets the coat off."""
    canvas, hue = sitting.canvas, _choose_backdrop_hue(sitting)
    canvas.fill_with_gradient(mix_colors(hue, WHITE, 0.35), hue)
    canvas.draw_ellipse((50, 52), (43, 43), mix_colors(hue, WHITE, 0.55), 0.6)
    for _ in range(7):
        spot = (sitting.rng.uniform(4, 96), sitting.rng.uniform(4, 60))
        radius = sitting.rng.uniform(0.8, 2.2)
        canvas.draw_ellipse(spot, (radius, radius), WHITE, 0.45)


def _choose_backdrop_hue(sitting: Sitting) -> Color:
    """Choose one of the backdrops furthest from the coat."""
    far = sorted(BACKDROPS, key=lambda hue: -_color_distance(hue, sitting.coat.base))
    return sitting.rng.choice(far[:5])


def _color_distance(first: Color, second: Color) -> int:
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True))


SHOULDERS: tuple[Point, ...] = ((50, 70), (64, 73), (74, 84), (79, 104), (50, 112), (21, 104), (26, 84), (36, 73))


def draw_shoulders(sitting: Sitting, chest: Color, outline: Sequence[Point] = SHOULDERS) -> None:
    """Draw the body below the head, with a chest and the shadow of the head."""
    canvas, coat = sitting.canvas, sitting.coat
    canvas.draw_blob(outline, coat.base)
    with canvas.clip_to_outline(outline):
        canvas.draw_ellipse((50, 96), (14, 20), chest)
        canvas.draw_ellipse((50, 68), (25, 14), INK, 0.16)


def draw_neckwear(sitting: Sitting) -> None:
    """Draw a collar with a tag for most, a dotted scarf for some."""
    color = sitting.rng.choice(COLLARS)
    if sitting.rng.random() < 0.3:
        _draw_scarf(sitting.canvas, color)
    else:
        _draw_collar(sitting.canvas, color)


def _draw_scarf(canvas: Canvas, color: Color) -> None:
    canvas.draw_blob([(32, 76), (50, 79), (68, 76), (63, 86), (50, 98), (37, 86)], color)
    for x, y in ((42, 84), (50, 84), (58, 84), (46, 89), (54, 89), (50, 94)):
        canvas.draw_ellipse((x, y), (1.1, 1.1), WHITE, 0.85)
    canvas.draw_stroke([(32, 74.5), (41, 78.5), (50, 80), (59, 78.5), (68, 74.5)], 4.2, mix_colors(color, INK, 0.12))


def _draw_collar(canvas: Canvas, color: Color) -> None:
    canvas.draw_stroke([(33, 75), (41, 80), (50, 81.5), (59, 80), (67, 75)], 4.6, color)
    canvas.draw_ellipse((50, 85.5), (3.4, 3.4), (246, 200, 84))
    canvas.draw_ellipse((50, 85.5), (1.7, 1.7), (224, 168, 56))


def draw_dark_eyes(canvas: Canvas, center: Point, radii: Point) -> None:
    """Draw a pair of dark eyes with a glint, the left one at `center`."""
    for x, y in (center, (100 - center[0], center[1])):
        canvas.draw_ellipse((x, y), radii, INK)
        canvas.draw_ellipse((x - radii[0] * 0.3, y - radii[1] * 0.38), (radii[0] * 0.36, radii[1] * 0.34), WHITE)
        canvas.draw_ellipse((x + radii[0] * 0.34, y + radii[1] * 0.42), (radii[0] * 0.18, radii[1] * 0.17), WHITE, 0.7)


def draw_bright_eyes(canvas: Canvas, center: Point, radius: float, iris: Color, pupil: Point) -> None:
    """Draw a pair of round eyes with a coloured iris, the left one at `center`."""
    for x, y in (center, (100 - center[0], center[1])):
        canvas.draw_ellipse((x, y), (radius, radius), INK)
        canvas.draw_ellipse((x, y), (radius * 0.86, radius * 0.86), iris)
        canvas.draw_ellipse((x, y), pupil, INK)
        canvas.draw_ellipse((x - radius * 0.3, y - radius * 0.36), (radius * 0.26, radius * 0.26), WHITE)


def draw_blush(canvas: Canvas, center: Point) -> None:
    """Draw rosy cheeks, the left one at `center`."""
    for x in (center[0], 100 - center[0]):
        canvas.draw_ellipse((x, center[1]), (4.2, 2.7), BLUSH, 0.38)


def draw_both_sides(canvas: Canvas, points: Sequence[Point], color: Color, opacity: float = 1.0) -> None:
    """Draw the shape on the left and, mirrored, on the right."""
    canvas.draw_blob(points, color, opacity)
    canvas.draw_blob(mirror_points(points), color, opacity)


def draw_mirrored_lines(canvas: Canvas, points: Sequence[Point], width: float, color: Color) -> None:
    """Draw the line on the left and, mirrored, on the right."""
    canvas.draw_stroke(points, width, color)
    canvas.draw_stroke(mirror_points(points), width, color)


def draw_smile(canvas: Canvas, top: float, drop: float, width: float) -> None:
    """Draw a mouth in the shape of a rounded w below the nose."""
    canvas.draw_stroke([(50, top), (50, top + drop)], 1.1, INK)
    curve = [(50, top + drop), (50 - width * 0.45, top + drop + 2.2), (50 - width, top + drop + 0.4)]
    draw_mirrored_lines(canvas, curve, 1.1, INK)


def draw_tongue(canvas: Canvas, top: float) -> None:
    """Draw a tongue below the mouth."""
    canvas.draw_blob([(46.4, top), (50, top + 0.6), (53.6, top), (53.2, top + 5), (50, top + 7), (46.8, top + 5)], PINK)
    canvas.draw_stroke([(50, top + 1), (50, top + 3.6)], 0.7, (214, 116, 120))


def draw_nose(canvas: Canvas, center: Point, radii: Point, color: Color) -> None:
    """Draw a rounded triangle of a nose with a shine on it."""
    (x, y), (rx, ry) = center, radii
    canvas.draw_blob([(x - rx, y - ry * 0.6), (x, y - ry), (x + rx, y - ry * 0.6), (x + rx * 0.55, y + ry * 0.5),
                 (x, y + ry), (x - rx * 0.55, y + ry * 0.5)], color)  # fmt: skip
    canvas.draw_ellipse((x - rx * 0.25, y - ry * 0.5), (rx * 0.34, ry * 0.2), WHITE, 0.5)
