"""A canvas of 100 by 100 units, drawn larger than asked and reduced, so that every edge is smooth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from math import ceil, floor, hypot

from PIL import Image, ImageDraw

Point = tuple[float, float]
Color = tuple[int, int, int]
Ink = tuple[int, int, int, int]

SUPERSAMPLING = 3
STEPS = 10
JPEG_QUALITY = 90


def mix_colors(first: Color, second: Color, share: float) -> Color:
    """Return the colour `share` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def mirror_points(points: Sequence[Point]) -> list[Point]:
    """Return the points on the other side of the middle line."""
    return [(100 - x, y) for x, y in points]


def move_points(points: Sequence[Point], dx: float, dy: float) -> list[Point]:
    """Return the points, shifted."""
    return [(x + dx, y + dy) for x, y in points]


class Canvas:
    """A canvas that draws smooth shapes in units; the origin is at the top left."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._scale = size * SUPERSAMPLING / 100
        side = size * SUPERSAMPLING
        self._draw_onto_image(Image.new("RGB", (side, side)), (0, 0))

    def _draw_onto_image(self, image: Image.Image, origin: Point) -> None:
        """Draw on this image from now on; its corner lies at `origin`, in pixels."""
        self._image, self._origin = image, origin
        self._draw = ImageDraw.Draw(image, "RGBA")

    def fill_with_gradient(self, top: Color, bottom: Color) -> None:
        """Fill everything, from one colour at the top to another at the bottom."""
        side = self._image.width
        strip = Image.new("RGB", (1, 2))
        strip.putdata([top, bottom])
        column = strip.resize((1, side), Image.Resampling.BILINEAR)
        self._image.paste(column.resize((side, side), Image.Resampling.NEAREST))

    def draw_ellipse(self, center: Point, radii: Point, color: Color, opacity: float = 1.0) -> None:
        """Fill an ellipse."""
        (x, y), (rx, ry) = center, radii
        box = (*self._to_pixel((x - rx, y - ry)), *self._to_pixel((x + rx, y + ry)))
        self._draw.ellipse(box, fill=_with_opacity(color, opacity))

    def draw_blob(self, points: Sequence[Point], color: Color, opacity: float = 1.0) -> None:
        """Fill a shape whose outline runs smoothly through the points."""
        self._draw.polygon(self._close_smooth_outline(points), fill=_with_opacity(color, opacity))

    def draw_polygon(self, points: Sequence[Point], color: Color, opacity: float = 1.0) -> None:
        """Fill a shape with straight sides."""
        self._draw.polygon([self._to_pixel(p) for p in points], fill=_with_opacity(color, opacity))

    def draw_stroke(self, points: Sequence[Point], width: float, color: Color) -> None:
        """Draw a line with round ends that runs smoothly through the points."""
        path = _smooth_path([points[0], *points, points[-1]])
        left, right = _offset_path(path, width / 2), _offset_path(path, -width / 2)
        self.draw_polygon([*left, *reversed(right)], color)
        for end in (points[0], points[-1]):
            self.draw_ellipse(end, (width / 2, width / 2), color)

    @contextmanager
    def clip_to_outline(self, points: Sequence[Point]) -> Iterator[None]:
        """Clip what is drawn in the block to the smooth outline through the points."""
        outline = self._close_smooth_outline(points)
        left, top, right, bottom = _find_pixel_bounds(outline)
        whole = self._image
        mask = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in outline], fill=255)
        self._draw_onto_image(whole.crop((left, top, right, bottom)), (left, top))
        yield
        whole.paste(self._image, (left, top), mask)
        self._draw_onto_image(whole, (0, 0))

    def encode_jpeg(self) -> bytes:
        """Encode the finished picture."""
        target = BytesIO()
        self._image.reduce(SUPERSAMPLING).save(target, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return target.getvalue()

    def _close_smooth_outline(self, points: Sequence[Point]) -> list[Point]:
        return [self._to_pixel(p) for p in _smooth_path([points[-1], *points, points[0], points[1]])]

    def _to_pixel(self, point: Point) -> Point:
        return point[0] * self._scale - self._origin[0], point[1] * self._scale - self._origin[1]


def _with_opacity(color: Color, opacity: float) -> Ink:
    return (*color, round(255 * opacity))


def _find_pixel_bounds(pixels: Sequence[Point]) -> tuple[int, int, int, int]:
    xs, ys = [x for x, _ in pixels], [y for _, y in pixels]
    return floor(min(xs)), floor(min(ys)), ceil(max(xs)) + 1, ceil(max(ys)) + 1


def _offset_path(path: Sequence[Point], distance: float) -> list[Point]:
    """Return a path that runs at that distance beside another."""
    beside: list[Point] = []
    for (ax, ay), (x, y), (bx, by) in zip([path[0], *path], path, [*path[1:], path[-1]], strict=False):
        length = hypot(bx - ax, by - ay)
        beside.append((x - (by - ay) / length * distance, y + (bx - ax) / length * distance))
    return beside


def _smooth_path(points: Sequence[Point]) -> list[Point]:
    """Return a Catmull-Rom curve through all points but the first and the last, which only bend it."""
    path: list[Point] = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        path.extend(_interpolate_point(a, b, c, d, step / STEPS) for step in range(STEPS))
    path.append(points[-2])
    return path


def _interpolate_point(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    x, y = (_interpolate_axis(a[axis], b[axis], c[axis], d[axis], t) for axis in (0, 1))
    return x, y


def _interpolate_axis(a: float, b: float, c: float, d: float, t: float) -> float:
    linear, square, cube = c - a, 2 * a - 5 * b + 4 * c - d, 3 * (b - c) + d - a
    return b + (linear * t + square * t**2 + cube * t**3) / 2
