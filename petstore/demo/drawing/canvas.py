"""A canvas of 100 by 100 units, drawn larger than asked and reduced, so that every edge is smooth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

from PIL import Image, ImageDraw

Point = tuple[float, float]
Color = tuple[int, int, int]
Ink = tuple[int, int, int, int]

SUPERSAMPLING = 2
STEPS = 10
JPEG_QUALITY = 90


def mix(first: Color, second: Color, share: float) -> Color:
    """The colour `share` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def mirrored(points: Sequence[Point]) -> list[Point]:
    """The same points on the other side of the middle line."""
    return [(100 - x, y) for x, y in points]


def moved(points: Sequence[Point], dx: float, dy: float) -> list[Point]:
    """The same points, shifted."""
    return [(x + dx, y + dy) for x, y in points]


class Canvas:
    """Draws smooth shapes in units; the origin is at the top left."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._scale = size * SUPERSAMPLING / 100
        side = size * SUPERSAMPLING
        self._image = Image.new("RGB", (side, side))
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def gradient(self, top: Color, bottom: Color) -> None:
        """Fill everything, from one colour at the top to another at the bottom."""
        side = self._image.width
        strip = Image.new("RGB", (1, 2))
        strip.putdata([top, bottom])
        self._image.paste(strip.resize((side, side), Image.Resampling.BILINEAR))

    def ellipse(self, center: Point, radii: Point, color: Color, opacity: float = 1.0) -> None:
        """A filled ellipse."""
        (x, y), (rx, ry), k = center, radii, self._scale
        box = ((x - rx) * k, (y - ry) * k, (x + rx) * k, (y + ry) * k)
        self._draw.ellipse(box, fill=_ink(color, opacity))

    def blob(self, points: Sequence[Point], color: Color, opacity: float = 1.0) -> None:
        """A filled shape whose outline runs smoothly through the points."""
        self._draw.polygon(self._closed(points), fill=_ink(color, opacity))

    def polygon(self, points: Sequence[Point], color: Color, opacity: float = 1.0) -> None:
        """A filled shape with straight sides."""
        self._draw.polygon([self._pixel(p) for p in points], fill=_ink(color, opacity))

    def stroke(self, points: Sequence[Point], width: float, color: Color) -> None:
        """A line with round ends that runs smoothly through the points."""
        path = [self._pixel(p) for p in _spline([points[0], *points, points[-1]])]
        self._draw.line(path, fill=color, width=round(width * self._scale), joint="curve")
        for end in (points[0], points[-1]):
            self.ellipse(end, (width / 2, width / 2), color)

    @contextmanager
    def inside(self, points: Sequence[Point]) -> Iterator[None]:
        """Whatever is drawn in the block stays within the smooth outline through the points."""
        before = self._image.copy()
        yield
        outside = Image.new("L", self._image.size, 255)
        ImageDraw.Draw(outside).polygon(self._closed(points), fill=0)
        self._image.paste(before, mask=outside)

    def jpeg(self) -> bytes:
        """The finished picture."""
        target = BytesIO()
        self._image.reduce(SUPERSAMPLING).save(target, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return target.getvalue()

    def _closed(self, points: Sequence[Point]) -> list[Point]:
        return [self._pixel(p) for p in _spline([points[-1], *points, points[0], points[1]])]

    def _pixel(self, point: Point) -> Point:
        return point[0] * self._scale, point[1] * self._scale


def _ink(color: Color, opacity: float) -> Ink:
    return (*color, round(255 * opacity))


def _spline(points: Sequence[Point]) -> list[Point]:
    """A Catmull-Rom curve through all points but the first and the last, which only bend it."""
    path: list[Point] = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        path.extend(_between(a, b, c, d, step / STEPS) for step in range(STEPS))
    path.append(points[-2])
    return path


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    x, y = (_blend(a[axis], b[axis], c[axis], d[axis], t) for axis in (0, 1))
    return x, y


def _blend(a: float, b: float, c: float, d: float, t: float) -> float:
    linear, square, cube = c - a, 2 * a - 5 * b + 4 * c - d, 3 * (b - c) + d - a
    return b + (linear * t + square * t**2 + cube * t**3) / 2
