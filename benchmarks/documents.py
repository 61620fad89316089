"""The measured blocks of docs/performance.md: what a command has printed, between two marks, and its pictures."""

import re
import shutil
from pathlib import Path

from benchmarks.errors import BenchmarkError

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "performance.md"


def write_measured_block(name: str, report: str, picture: Path | None = None, *, page: Path = PAGE) -> None:
    """Put a report between its marks in a page, and its picture into the page's images.

    Raises:
        BenchmarkError: when the page has no such marks.
    """
    marks = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- /measured -->)", re.DOTALL)
    text, count = marks.subn(lambda found: f"{found[1]}\n{report.strip()}\n\n{found[2]}", page.read_text())
    if count != 1:
        raise BenchmarkError(f"{page} should have one block `<!-- measured: {name} -->`, but has {count}.")
    page.write_text(text)
    if picture is not None:
        copy_image(picture)


def copy_image(picture: Path) -> None:
    """Copy a picture into the images of the documentation."""
    shutil.copy(picture, DOCS / "images" / picture.name)
