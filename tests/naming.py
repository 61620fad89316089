"""Measure the names and docstrings of the product's code: `python -m tests.naming [PACKAGE…]`."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "accounts", "applications", "chat", "database", "erasure", "events", "idempotency", "kernel", "mqtt", "orders",
    "outbound", "payments", "pets", "petstore", "public_events", "ratelimit", "tenants", "webhooks",
)  # fmt: skip
QUESTION = re.compile(r"(What|How|Whether|Who\w*)\b")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method.

    Attributes:
        place: path and line.
        is_nested: it stands in another function.
    """

    name: str
    place: str
    is_nested: bool

    @property
    def words(self) -> int:
        return len([word for word in self.name.split("_") if word])

    @property
    def is_public(self) -> bool:
        return not self.name.startswith("_") and not self.is_nested


@dataclass(slots=True)
class Names:
    """All functions of some packages, and the first lines of docstrings, those of constants and attributes, too."""

    functions: list[Function] = field(default_factory=list)
    docstrings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def mean_words(self) -> float:
        return mean(function.words for function in self.functions)

    @property
    def one_word(self) -> list[Function]:
        return [function for function in self.functions if function.words == 1]

    @property
    def questions(self) -> list[tuple[str, str]]:
        return [(place, line) for place, line in self.docstrings if QUESTION.match(line)]


def source_files(packages: tuple[str, ...] = PACKAGES) -> Iterator[Path]:
    """Yield the modules of packages (or of paths below the root), but for migrations."""
    for package in packages:
        path = ROOT / package
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if "migrations" not in file.parts:
                yield file


def measure_names(packages: tuple[str, ...] = PACKAGES) -> Names:
    """Read the packages' modules; functions with two underscores at both ends are Python's and are left out."""
    names = Names()
    for file in source_files(packages):
        _measure(ast.parse(file.read_text()), file.relative_to(ROOT), names, is_nested=False)
    return names


def _measure(node: ast.AST, file: Path, names: Names, *, is_nested: bool) -> None:
    place = f"{file}:{getattr(node, 'lineno', 1)}"
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if isinstance(node, Documented):
        names.docstrings.extend(_first_lines(node, file))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__"):
        names.functions.append(Function(node.name, place, is_nested))
    for child in ast.iter_child_nodes(node):
        _measure(child, file, names, is_nested=is_nested or is_function)


def _first_lines(node: Documented, file: Path) -> Iterator[tuple[str, str]]:
    """Yield the first line of each string that stands alone: docstrings, also those of constants and fields."""
    for statement in node.body:
        match statement:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield f"{file}:{statement.lineno}", text.strip().splitlines()[0]


def main(arguments: list[str]) -> None:
    """Print the figures; with -v also each one-word function and each docstring that begins with a question."""
    packages = tuple(argument for argument in arguments if argument != "-v") or PACKAGES
    names = measure_names(packages)
    functions, docstrings = len(names.functions), len(names.docstrings)
    print(f"functions and methods: {functions}")
    print(f"words per name, mean: {names.mean_words:.2f}")
    print(f"one-word names: {len(names.one_word)} ({len(names.one_word) / functions:.1%})")
    print(
        f"docstrings that begin with What, How, Whether or Who: {len(names.questions)} of {docstrings}"
        f" ({len(names.questions) / docstrings:.1%})"
    )
    if "-v" in arguments:
        for function in names.one_word:
            print(f"{function.place}: {function.name}")
        for place, line in names.questions:
            print(f"{place}: {line}")


if __name__ == "__main__":
    main(sys.argv[1:])
