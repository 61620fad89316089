"""Draws the diagrams of the documentation from the code.

The state diagram comes from `orders.states`, the data model from the Django models. Each stands between two
markers in its file: `<!-- drawn: NAME -->` and `<!-- /drawn -->`.
"""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Field, ForeignKey, Model

from orders.states import INITIAL, TABLE, Status

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("tenants", "accounts", "pets", "orders", "payments", "webhooks", "events", "idempotency", "ratelimit")
FILES = ("README.md", "docs/states.md", "docs/data-model.md")
MARKED = re.compile(r"(<!-- drawn: ([a-z-]+) -->\n).*?(<!-- /drawn -->)", re.DOTALL)


class Command(BaseCommand):
    """Redraw, or with `--check` say which files are out of date."""

    help = "Draw the diagrams in README.md and docs/ from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a file is out of date")

    def handle(self, *_args: object, **options: bool) -> None:
        drawings = {"states": _mermaid(_states()), "state-table": _table(), "data-model": _mermaid(_data_model())}
        stale = []
        for name in FILES:
            path = ROOT / name
            old = path.read_text(encoding="utf-8")
            new = MARKED.sub(lambda m: f"{m[1]}{drawings[m[2]]}\n{m[3]}", old)
            if new != old:
                stale.append(name)
                if not options["check"]:
                    path.write_text(new, encoding="utf-8")
        if stale and options["check"]:
            raise CommandError(f"Out of date: {', '.join(stale)}. Run: manage.py draw_diagrams")


def _mermaid(lines: Iterator[str]) -> str:
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _states() -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {INITIAL}: order placed"
    for command, row in TABLE.items():
        for source in (status for status in Status if status in row.sources):
            yield f"    {source} --> {row.target}: {command.replace('_', ' ')}"
    yield "    CANCELLED --> [*]"


def _table() -> str:
    rows = ["| command | from | to | who | the pet |", "|---|---|---|---|---|"]
    for command, row in TABLE.items():
        sources = ", ".join(status for status in Status if status in row.sources)
        rows.append(f"| {command.replace('_', ' ')} | {sources} | {row.target} | {row.role.lower()} | {row.pet} |")
    return "\n".join(rows)


def _data_model() -> Iterator[str]:
    yield "erDiagram"
    models = [model for package in PACKAGES for model in apps.get_app_config(package).get_models()]
    for model in models:
        yield from _relations(model)
    for model in models:
        yield f"    {model.__name__} {{"
        yield from (f"        {_kind(field)} {field.column}{_key(field)}" for field in model._meta.concrete_fields)
        yield "    }"


def _relations(model: type[Model]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.name != "tenant":
            one = "o|" if field.null else "||"
            many = "o|" if field.one_to_one else "o{"
            yield f"    {field.related_model.__name__} {one}--{many} {model.__name__} : {field.name}"


def _kind(field: "Field[Any, Any]") -> str:
    return field.target_field.get_internal_type() if isinstance(field, ForeignKey) else field.get_internal_type()


def _key(field: "Field[Any, Any]") -> str:
    if field.primary_key:
        return " PK"
    return " FK" if isinstance(field, ForeignKey) else ""
