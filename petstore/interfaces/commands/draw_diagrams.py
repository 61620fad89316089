"""Draw the diagrams of the documentation from the code.

The state diagram comes from `orders.states`, the data model from the Django models, packages and modules from the
import contracts in pyproject.toml. Each stands in its file between `<!-- drawn: NAME -->` and `<!-- /drawn -->`.
"""

import re
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Field, ForeignKey, Model

from orders.states import INITIAL, TRANSITIONS, Status

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = (
    "tenants",
    "accounts",
    "pets",
    "orders",
    "payments",
    "webhooks",
    "mqtt",
    "applications",
    "chat",
    "events",
    "idempotency",
    "ratelimit",
)
FILES = ("docs/architecture.md", "docs/states.md", "docs/data-model.md")
MARKED = re.compile(r"(<!-- drawn: ([a-z-]+) -->\n).*?(<!-- /drawn -->)", re.DOTALL)
NESTED = ("petstore", "interfaces")
"""Packages whose own layers are drawn inside them; each has an import contract of the same id."""


class Command(BaseCommand):
    """Redraw, or with `--check` name the files that are out of date."""

    help = "Draw the diagrams in docs/ from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a file is out of date")

    def handle(self, *_args: object, **options: bool) -> None:
        drawings = draw_all_diagrams()
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


def draw_all_diagrams() -> dict[str, str]:
    """Return each diagram by its name, as Markdown."""
    contracts = read_layer_contracts(ROOT / "pyproject.toml")
    return {
        "states": _fence_mermaid(_draw_state_diagram()),
        "state-table": _draw_state_table(),
        "data-model": _fence_mermaid(_draw_data_model()),
        "packages": _fence_mermaid(_draw_package_layers(contracts)),
        "modules": _list_module_layers(contracts),
    }


class LayerContract(NamedTuple):
    """An import contract about layers.

    Attributes:
        containers: the packages whose modules it ranks; none where it ranks the packages.
        layers: the highest one first.
    """

    containers: tuple[str, ...]
    layers: tuple[str, ...]


def read_layer_contracts(pyproject: Path) -> dict[str, LayerContract]:
    """Return import-linter's contracts about layers by their ids."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    return {
        contract["id"]: LayerContract(
            tuple(contract.get("containers", ())), tuple(map(_strip_optional, contract["layers"]))
        )
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    }


def _fence_mermaid(lines: Iterator[str]) -> str:
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _draw_state_diagram() -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {INITIAL}: order placed"
    for command, row in TRANSITIONS.items():
        for source in (status for status in Status if status in row.sources):
            yield f"    {source} --> {row.target}: {command.replace('_', ' ')}"
    yield "    CANCELLED --> [*]"


def _draw_state_table() -> str:
    rows = ["| command | from | to | who | the pet |", "|---|---|---|---|---|"]
    for command, row in TRANSITIONS.items():
        sources = ", ".join(status for status in Status if status in row.sources)
        rows.append(f"| {command.replace('_', ' ')} | {sources} | {row.target} | {row.role.lower()} | {row.pet} |")
    return "\n".join(rows)


def _draw_package_layers(contracts: dict[str, LayerContract]) -> Iterator[str]:
    """Draw the packages in their layers; what stands in petstore and its interfaces is drawn inside of them."""
    yield "flowchart TD"
    yield from _draw_layers("packages", contracts, indent="    ")


def _draw_layers(name: str, contracts: dict[str, LayerContract], indent: str) -> Iterator[str]:
    layers = contracts[name].layers
    nodes = [layer if layer in NESTED else f"{name}{number}" for number, layer in enumerate(layers)]
    for layer, node in zip(layers, nodes, strict=True):
        if layer in NESTED:
            yield f"{indent}subgraph {layer}"
            yield f"{indent}    direction TB"
            yield from _draw_layers(layer, contracts, indent + "    ")
            yield f"{indent}end"
        else:
            yield f'{indent}{node}["{layer}"]'
    yield f"{indent}{' --> '.join(nodes)}"


def _list_module_layers(contracts: dict[str, LayerContract]) -> str:
    """List the modules of the domain packages in their layers, a line for each contract."""
    lines = [
        f"* `{'`, `'.join(contract.containers)}`: {' > '.join(contract.layers)}"
        for contract in contracts.values()
        if contract.containers and not contract.containers[0].startswith("petstore")
    ]
    return "\n".join(lines)


def _strip_optional(layer: str) -> str:
    """Return a layer without the brackets of modules that not every package has."""
    return re.sub(r"[()]", "", layer)


def _draw_data_model() -> Iterator[str]:
    yield "erDiagram"
    models = [model for package in PACKAGES for model in apps.get_app_config(package).get_models()]
    for model in models:
        yield from _draw_model_relations(model)
    for model in models:
        yield f"    {model.__name__} {{"
        yield from (
            f"        {_name_column_type(field)} {field.column}{_mark_key_column(field)}"
            for field in _list_columns(model)
        )
        yield "    }"


def _draw_model_relations(model: type[Model]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.name != "tenant":
            one = "o|" if field.null else "||"
            many = "o|" if field.one_to_one else "o{"
            yield f"    {field.related_model.__name__} {one}--{many} {model.__name__} : {field.name}"


def _list_columns(model: "type[Model]") -> "list[Field[Any, Any]]":
    """Return the columns, the tenant first: what was imported first decides about the order of inherited ones."""
    return sorted(model._meta.concrete_fields, key=lambda field: field.name != "tenant")


def _name_column_type(field: "Field[Any, Any]") -> str:
    return field.target_field.get_internal_type() if isinstance(field, ForeignKey) else field.get_internal_type()


def _mark_key_column(field: "Field[Any, Any]") -> str:
    if field.primary_key:
        return " PK"
    return " FK" if isinstance(field, ForeignKey) else ""
