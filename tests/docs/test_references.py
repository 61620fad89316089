"""What the documentation names exists: files, functions, commands, and the links between its pages."""

import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from kernel.actor import Permission

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
HIDDEN = (".", "var", "__pycache__")
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"```.*?```|^    [^ ][^\n]*$", re.DOTALL | re.MULTILINE)
TOPS = "|".join(sorted(top.name for top in ROOT.iterdir() if top.is_dir() and not top.name.startswith((".", "var"))))
SUFFIXES = "py|md|toml|html|css|js|ini|conf|service"
FILE = re.compile(rf"(?:[\w.-]+/)*[\w-]+(?:/|\.(?:{SUFFIXES}))|(?:{TOPS})(?:/[\w.-]+)+")
DOTTED = re.compile(r"[a-z_]+(?:\.\w+)+")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
LINK = re.compile(r"\]\(([^)#\s]+)?(#[\w-]+)?\)")
PERMISSIONS = frozenset(map(str, Permission))
DJANGO_COMMANDS = {"check", "collectstatic", "makemigrations", "migrate", "shell", "spectacular", "test"}


def read_prose(page: Path) -> str:
    """Return a page without its blocks of code, whose commands other tests run."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


@cache
def known_paths() -> tuple[str, ...]:
    tops = [top for top in ROOT.iterdir() if not top.name.startswith(HIDDEN)]
    paths = [path for top in tops for path in (top, *(top.rglob("*") if top.is_dir() else ()))]
    return tuple(f"/{path.relative_to(ROOT).as_posix()}" for path in paths)


def exists_in_tree(name: str) -> bool:
    """Look for a path below the root, or for the end of one: `services/` and `models.py` stand in many packages."""
    return any(path.endswith(f"/{name.rstrip('/')}") for path in known_paths())


def exists_in_code(name: str) -> bool:
    """Look a dotted name up, modules first; permissions and names of other projects pass."""
    parts = name.split(".")
    if not (ROOT / parts[0]).is_dir() or name in PERMISSIONS:
        return True
    found: object = import_module(parts[0])
    module = parts[0]
    for part in parts[1:]:
        module = f"{module}.{part}"
        if isinstance(found, ModuleType) and hasattr(found, "__path__") and find_spec(module):
            found = import_module(module)
        elif hasattr(found, part):
            found = getattr(found, part)
        else:
            return False
    return True


def slug_of(heading: str) -> str:
    """Return the anchor that Markdown gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {slug_of(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_functions_and_commands_that_a_page_names_exist(page: Path) -> None:
    prose = read_prose(page)
    words = set(CODE.findall(prose))
    files = {word for word in words if FILE.fullmatch(word) and not word.startswith("var/")}
    names = {word for word in words if DOTTED.fullmatch(word) and not FILE.fullmatch(word)}
    commands = set(COMMAND.findall(prose)) - DJANGO_COMMANDS
    assert {word for word in files if not exists_in_tree(word)} == set()
    assert {word for word in names if not exists_in_code(word)} == set()
    assert {word for word in commands if not exists_in_tree(f"management/commands/{word}.py")} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for path, anchor in LINK.findall(read_prose(page)):
        if path.startswith("http"):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor[1:] not in anchors(target)):
            lost.append(f"{path}{anchor}")
    assert lost == []


def test_what_does_not_exist_is_noticed() -> None:
    assert exists_in_tree("orders/services/")
    assert not exists_in_tree("orders/helpers.py")
    assert exists_in_code("orders.services.placement.place_order")
    assert exists_in_code("os.no_such_function")
    assert not exists_in_code("orders.services.placement.place_orders")
    assert not exists_in_code("orders.no_such_module.place_order")
