"""Writes that depend on one another, all or none: on PostgreSQL one statement, made of the compiled texts of each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from database.compiled import database, execute
from database.inserts import Kinds, Taken, fields_of, insert, insert_text, values_of
from database.updates import RETURNING, Step
from tenants.scoping import TenantOwned, current_scope, prepare_writes

_Place = tuple[str, tuple[str, ...], str]
"""Where something is taken: the field, the path inside its JSON, and the column it comes from."""
_Places = tuple[_Place, ...]
_Shape = tuple[str, Kinds, tuple[_Places, ...]]
"""What a step's part of the statement depends on: its own text, its new rows' kinds, and what they take."""


def write_together(*steps: Step) -> bool:
    """Touch one row a step, each if the one before it did, and insert what depends on it. Says whether all did.

    What is `Taken` in the new rows comes from their step's row as it is after the write, and is there afterwards.
    On PostgreSQL it is one statement, which needs no transaction around it. Its steps see one snapshot: the first
    one must be what decides, such as a lock on a version, and the others follow from it.
    """
    return _write(steps, reads=False) is not None


def touch_and_read(step: Step) -> Any:
    """The same for one step: the row that it touched, as it is now; None if it touched none."""
    return _write((step,), reads=True)


def _write(steps: Sequence[Step], *, reads: bool) -> Any:
    """What the first step touched, if it is wanted; None if nothing was written."""
    if current_scope().is_provisional:  # a tenant without a row of its own has none to touch
        return None
    home = database()
    return _in_one_statement(home, steps, reads) if home.vendor == "postgresql" else _one_by_one(steps)


def _one_by_one(steps: Sequence[Step]) -> Any:
    first = None
    with transaction.atomic():
        for update, values, rows in steps:
            touched = update.execute(**values)
            if not touched:
                transaction.set_rollback(True)
                return None
            for row in rows:
                _fill(row, _taken(row), vars(touched[0]))
            insert(*rows)
            first = first or touched[0]
    return first


def _in_one_statement(home: BaseDatabaseWrapper, steps: Sequence[Step], reads: bool) -> Any:
    shapes: list[_Shape] = []
    parameters: list[Any] = []
    for update, values, rows in steps:
        prepare_writes(rows)
        sql, bound = update.text(home, values)
        shapes.append((sql, tuple([type(row) for row in rows]), tuple([_taken(row) for row in rows])))
        parameters += bound
        for row in rows:
            parameters += values_of(row, home)
    columns = steps[0].update.columns(home) if reads else ()
    statement = _statement(home, tuple(shapes), columns)
    savepoint = transaction.atomic() if home.in_atomic_block else nullcontext()
    with savepoint:
        found = execute(home, statement.sql, parameters)
    if not found:
        return None
    _settle(steps, shapes, dict(zip(statement.names, found[0], strict=True)))
    return steps[0].update.read(home, found[0][: len(columns)]) if reads else found


def _settle(steps: Sequence[Step], shapes: Sequence[_Shape], found: dict[tuple[int, str], Any]) -> None:
    """What the new rows have become."""
    for number, (step, (_, _, taken)) in enumerate(zip(steps, shapes, strict=True)):
        for row, places in zip(step.rows, taken, strict=True):
            row._state.adding = False
            _fill(row, places, {name: found[number, name] for _, _, name in places})


class _Statement(NamedTuple):
    """The text, and which step's column each of the columns is that it gives."""

    sql: str
    names: tuple[tuple[int, str], ...]


_statements: dict[tuple[tuple[_Shape, ...], tuple[str, ...]], _Statement] = {}


def _statement(home: BaseDatabaseWrapper, shapes: tuple[_Shape, ...], columns: tuple[str, ...]) -> _Statement:
    """Gives the named columns of what the first step touched, and what the new rows take."""
    if (shapes, columns) not in _statements:
        parts = [part for number, shape in enumerate(shapes) for part in _parts(home, number, shape)]
        taken = ((number, name) for number, shape in enumerate(shapes) for places in shape[2] for _, _, name in places)
        names = tuple(dict.fromkeys([*((0, name) for name in columns), *taken])) or ((0, "id"),)
        wanted = ", ".join(f"{_touched(number)}.{name}" for number, name in names)
        touched = ", ".join(map(_touched, range(len(shapes))))
        sql = f"WITH {', '.join(parts)} SELECT {wanted} FROM {touched}"  # noqa: S608  # our own compiled texts
        _statements[shapes, columns] = _Statement(sql, names)
    return _statements[shapes, columns]


def _touched(number: int) -> str:
    """The name of what a step touches."""
    return f"touched{number}"


def _parts(home: BaseDatabaseWrapper, number: int, shape: _Shape) -> Iterator[str]:
    """A step and its inserts. Those into one table run in their order, which the server only keeps where it has to."""
    update, kinds, taken = shape
    yield f"{_touched(number)} AS ({_after(update, number)})"
    last: dict[type[TenantOwned], str] = {}
    for index, (kind, places) in enumerate(zip(kinds, taken, strict=True)):
        name, text = f"i{number}_{index}", _dependent_text(home, kind, places, _touched(number))
        after = f" WHERE EXISTS (SELECT 1 FROM {last[kind]})" if kind in last else ""  # noqa: S608  # our own names
        is_repeated = kind in kinds[index + 1 :]
        last[kind] = name
        yield f"{name} AS ({text}{after}{' RETURNING 1' if is_repeated else ''})"


def _after(update: str, number: int) -> str:
    """The step's own text, if the step before it has touched its row."""
    if number == 0:
        return update
    head, returning, columns = update.partition(RETURNING)
    return f"{head} AND EXISTS (SELECT 1 FROM {_touched(number - 1)}){returning}{columns}"  # noqa: S608  # our own names


def _dependent_text(home: BaseDatabaseWrapper, kind: type[TenantOwned], places: _Places, touched: str) -> str:
    """The insert of one row for the row that was touched."""
    into, _, _ = insert_text(home, kind).partition(" VALUES ")
    values = ", ".join(_expression(field.attname, places, touched) for field in fields_of(kind))
    return f"{into} SELECT {values} FROM {touched}"  # noqa: S608  # our own compiled texts


def _expression(name: str, places: _Places, touched: str) -> str:
    """A column's value: a parameter, a column of the touched row, or JSON with such columns in it."""
    expression = "%s"
    for field, path, column in places:
        if field == name and path:
            expression = f"jsonb_set({expression}, '{{{','.join(path)}}}', to_jsonb({touched}.{column}::text))"
        elif field == name:
            expression = f"{touched}.{column}"
    return expression


def _taken(row: TenantOwned) -> _Places:
    """What the row takes from the one that is touched."""
    places: list[_Place] = []
    for field, value in vars(row).items():
        if type(value) is Taken:
            places.append((field, (), value.column))
        elif type(value) is dict:
            places += ((field, path, name) for path, name in _paths(value))
    return tuple(places)


def _paths(tree: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in tree.items():
        if type(value) is Taken:
            yield (*above, key), value.column
        elif type(value) is dict:
            yield from _paths(value, (*above, key))


def _fill(row: TenantOwned, places: _Places, columns: Mapping[str, Any]) -> None:
    for field, path, name in places:
        if not path:
            setattr(row, field, columns[name])
            continue
        tree = getattr(row, field)
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = str(columns[name])
