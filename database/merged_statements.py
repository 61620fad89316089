"""Compiled statements and INSERTs merged into one statement of PostgreSQL, each depending on the one before."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from database.inserts import Models, compile_insert_text, list_inserted_fields
from tenants.scoping import TenantOwned

Reference = tuple[str, tuple[str, ...], str]
"""A new row's field, the path inside its JSON, and the column of the touched row that belongs there."""
References = tuple[Reference, ...]


class Shape(NamedTuple):
    """A step of a unit, as far as the statement's text depends on it.

    Attributes:
        sql: its own text, up to where a condition may be added.
        tail: the rest of that text.
        returned: the columns that the unit gives back of the touched row.
        models: of the new rows.
        references: what each new row takes from the touched one.
    """

    sql: str
    tail: str
    returned: tuple[str, ...]
    models: Models
    references: tuple[References, ...]

    @property
    def taken_columns(self) -> tuple[str, ...]:
        """The columns of the touched row that are wanted: given back, or taken by new rows."""
        return self.returned + tuple(column for row in self.references for _, _, column in row)


class Merged(NamedTuple):
    """The one statement, and of which step each column is that it returns."""

    sql: str
    columns: tuple[tuple[int, str], ...]


_merged: dict[tuple[Shape, ...], Merged] = {}


def merge_statements(connection: BaseDatabaseWrapper, shapes: tuple[Shape, ...]) -> Merged:
    """Return one statement for these steps; it returns a row if all steps have found theirs, else none."""
    merged = _merged.get(shapes)
    if merged is None:
        merged = _merged[shapes] = _merge_shapes(connection, shapes)
    return merged


def _merge_shapes(connection: BaseDatabaseWrapper, shapes: tuple[Shape, ...]) -> Merged:
    parts = [part for number, shape in enumerate(shapes) for part in _build_step_parts(connection, number, shape)]
    wanted = ((number, column) for number, shape in enumerate(shapes) for column in shape.taken_columns)
    columns = tuple(dict.fromkeys(wanted))
    selected = ", ".join(f"{_name_touched_row(number)}.{column}" for number, column in columns) or "1"
    touched = ", ".join(map(_name_touched_row, range(len(shapes))))
    sql = f"WITH {', '.join(parts)} SELECT {selected} FROM {touched}"  # noqa: S608  # our own compiled texts
    return Merged(sql, columns)


def _name_touched_row(number: int) -> str:
    """Return the name of a step's touched row inside the statement."""
    return f"touched{number}"


def _build_step_parts(connection: BaseDatabaseWrapper, number: int, shape: Shape) -> Iterator[str]:
    """Yield a step and its INSERTs. Those into one table run in their order, which the server only keeps if it must."""
    yield f"{_name_touched_row(number)} AS ({_build_dependent_step(number, shape)})"
    last: dict[type[TenantOwned], str] = {}
    for index, (model, references) in enumerate(zip(shape.models, shape.references, strict=True)):
        name, text = (
            f"i{number}_{index}",
            _build_dependent_insert(connection, model, references, _name_touched_row(number)),
        )
        after = f" WHERE EXISTS (SELECT 1 FROM {last[model]})" if model in last else ""  # noqa: S608  # our own names
        is_repeated = model in shape.models[index + 1 :]
        last[model] = name
        yield f"{name} AS ({text}{after}{' RETURNING 1' if is_repeated else ''})"


def _build_dependent_step(number: int, shape: Shape) -> str:
    """Return the step's own text, if the step before it has found its row."""
    if number == 0:
        return shape.sql + shape.tail
    return f"{shape.sql} AND EXISTS (SELECT 1 FROM {_name_touched_row(number - 1)}){shape.tail}"  # noqa: S608  # our own names


def _build_dependent_insert(
    connection: BaseDatabaseWrapper, model: type[TenantOwned], references: References, touched: str
) -> str:
    """Return the INSERT of one row, if the step has found its own."""
    into, _, _ = compile_insert_text(connection, model).partition(" VALUES ")
    values = ", ".join(
        _build_column_expression(field.attname, references, touched) for field in list_inserted_fields(model)
    )
    return f"{into} SELECT {values} FROM {touched}"  # noqa: S608  # our own compiled texts


def _build_column_expression(name: str, references: References, touched: str) -> str:
    """Return a column's value: a placeholder, a column of the touched row, or JSON with such columns in it."""
    expression = "%s"
    for field, path, column in references:
        if field == name and path:
            expression = f"jsonb_set({expression}, '{{{','.join(path)}}}', to_jsonb({touched}.{column}::text))"
        elif field == name:
            expression = f"{touched}.{column}"
    return expression


def find_references(row: TenantOwned) -> References:
    """Return where a new row, or its JSON, has an `F` in place of a value."""
    found: list[Reference] = []
    for field, value in vars(row).items():
        if type(value) is F:
            found.append((field, (), get_referenced_column(value)))
        elif type(value) is dict:
            found += ((field, path, column) for path, column in _find_in_json(value))
    return tuple(found)


def _find_in_json(tree: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in tree.items():
        if type(value) is F:
            yield (*above, key), get_referenced_column(value)
        elif type(value) is dict:
            yield from _find_in_json(value, (*above, key))


def get_referenced_column(reference: F) -> str:
    """Return the column that an `F` names."""
    return str(vars(reference)["name"])


def fill_referenced_columns(row: TenantOwned, references: References, columns: Mapping[str, Any]) -> None:
    """Put the touched row's columns where the new row refers to them."""
    for field, path, name in references:
        if not path:
            setattr(row, field, columns[name])
            continue
        tree = getattr(row, field)
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = str(columns[name])
