"""Draw folded stacks as a flame graph in SVG: width is time, a function stands on the one that calls it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

WIDTH, ROW, TITLE = 1200, 16, 28
LEAST_WIDTH = 1.5
LETTER = 6.2
PALETTE = {
    "django": "#e8a25c", "rest_framework": "#e0c05c", "psycopg": "#7fb2d9", "psycopg_binary": "#7fb2d9",
    "petstore": "#d9736b", "database": "#b98cc9", "tenants": "#8cc9a1", "accounts": "#8cc9a1", "orders": "#8cc9a1",
}  # fmt: skip
OTHERS = "#c9c9c9"


@dataclass
class Flame:
    """A function in one place of the stacks: the samples that passed it, and the functions that it called."""

    name: str
    samples: int = 0
    called: dict[str, "Flame"] = field(default_factory=dict)

    def add_stack(self, names: list[str], samples: int) -> None:
        """Count a stack that begins here."""
        self.samples += samples
        if names:
            self.called.setdefault(names[0], Flame(names[0])).add_stack(names[1:], samples)

    @property
    def depth(self) -> int:
        """The number of functions on top of one another."""
        return 1 + max((one.depth for one in self.called.values()), default=0)


def build_flame(stacks: Mapping[str, int], name: str) -> Flame:
    """Build a graph of folded stacks: `outer;inner`, and how often it was seen."""
    root = Flame(name)
    for stack, count in stacks.items():
        root.add_stack(stack.split(";"), count)
    return root


def draw_flame_graphs(graphs: Mapping[str, tuple[float, Flame]]) -> str:
    """Draw graphs below one another, each with its title, and as wide as the µs that it is given say."""
    parts: list[str] = []
    top, longest = 0, max(us for us, _ in graphs.values())
    for title, (us, root) in graphs.items():
        scale = WIDTH * us / longest / max(1, root.samples)
        rows = prune_narrow_flames(root, scale).depth
        parts.append(f'<text x="4" y="{top + 19}" font-size="14">{escape(title)}</text>')
        parts += draw_flames(root, 0.0, top + TITLE + (rows - 1) * ROW, scale, root.samples)
        top += TITLE + rows * ROW + 8
    style = "text{font-family:ui-monospace,monospace;font-size:10px}rect{stroke:#fff;stroke-width:.5}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}">'
        f'<style>{style}</style><rect width="{WIDTH}" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def prune_narrow_flames(root: Flame, scale: float) -> Flame:
    """Leave out what would be too narrow to see."""
    root.called = {
        name: prune_narrow_flames(one, scale) for name, one in root.called.items() if one.samples * scale >= LEAST_WIDTH
    }
    return root


def draw_flames(flame: Flame, left: float, top: float, scale: float, whole: int) -> Iterator[str]:
    """Draw a function and all that it called."""
    width = flame.samples * scale
    share = f"{flame.name}: {100 * flame.samples / whole:.1f} %"
    colour = PALETTE.get(flame.name.partition(".")[0], OTHERS)
    label = escape(shorten_label(flame.name, width))
    text = f'<text x="{left + 2:.1f}" y="{top + 12:.0f}">{label}</text>' if label else ""
    box = f'x="{left:.1f}" y="{top:.0f}" width="{width:.1f}" height="{ROW}"'
    yield f'<g><title>{escape(share)}</title><rect {box} fill="{colour}"/>{text}</g>'
    for one in flame.called.values():
        yield from draw_flames(one, left, top - ROW, scale, whole)
        left += one.samples * scale


def shorten_label(name: str, width: float) -> str:
    """Return as much of a function's name as fits, from its end; nothing where that is no word."""
    room = int((width - 4) / LETTER)
    short = name.rpartition(".")[2] if len(name) > room else name
    return short if len(short) <= room else ""
