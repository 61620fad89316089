"""Every citation of docs/contract.md, docs/guarantees.md and docs/architecture.md names a section that exists."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("contract", "guarantees", "architecture")
CITATION = re.compile(rf"\(((?:{'|'.join(PAGES)}), [^()]+)\)")
SOURCES = (".py", ".html", ".js", ".md")
HEADING = re.compile(r"^#{2,4} (.+)$", re.MULTILINE)


def headings(page: str) -> set[str]:
    """Return a page's section names; a guarantee's is its number, a numbered one's is the name alone."""
    names = HEADING.findall((ROOT / "docs" / f"{page}.md").read_text())
    return {re.sub(r"^(G\d+)\. .*$", r"\1", name) for name in names}


SECTIONS = {page: "|".join(sorted(map(re.escape, headings(page)), key=len, reverse=True)) for page in PAGES}


def is_known(source: str) -> bool:
    """Check one source of a citation, such as `contract, Payments and Orders`; those that are no page of ours pass."""
    page, _, sections = source.partition(", ")
    if page not in PAGES:
        return True
    one = rf"(?:{SECTIONS[page]})(?: \d+)?"
    return re.fullmatch(rf"{one}(?:(?:, | and |, and ){one})*", sections) is not None


def source_files() -> Iterator[Path]:
    for top in ROOT.iterdir():
        if top.name.startswith(".") or top.name == "var":
            continue
        files = top.rglob("*") if top.is_dir() else [top]
        yield from (path for path in files if path.suffix in SOURCES)


def citations() -> Iterator[tuple[str, str]]:
    for path in source_files():
        for citation in CITATION.findall(path.read_text(encoding="utf-8")):
            for source in re.split(r"; ", citation):
                yield str(path.relative_to(ROOT)), source


def test_every_cited_section_exists() -> None:
    found = list(citations())
    assert len(found) > 100
    assert [(place, source) for place, source in found if not is_known(source)] == []


def test_a_section_that_does_not_exist_is_noticed() -> None:
    assert is_known("contract, Payments and Orders")
    assert is_known("guarantees, G1, G3 and G4")
    assert is_known("RFC 9457")
    assert not is_known("contract, Orders and Wishes")
    assert not is_known("guarantees, G24")


def test_the_glossary_stays_short() -> None:
    rows = re.findall(r"^\| (?!word |-)", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    assert len(rows) <= 20
