"""Writes that depend on one another, all or none: one statement on PostgreSQL, a transaction on SQLite."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from database.compiled import BoundStatement
from database.executor import current_connection, execute_statement
from database.inserts import insert_rows, list_column_values
from database.merged_statements import Shape, fill_referenced_columns, find_references, merge_statements
from database.queries import CompiledRows
from database.updates import Write
from tenants.scoping import TenantOwned, current_scope, prepare_writes

_T = TypeVar("_T", bound=Model)


class Returned(Generic[_T]):
    """The row that a step of a unit touched, as it is then; None until the unit is written, and where it missed.

    Attributes:
        row: the row.
    """

    __slots__ = ("row",)

    def __init__(self) -> None:
        self.row: _T | None = None


class _Step:
    """A row that is updated or locked, and the new rows that depend on it."""

    __slots__ = ("bound", "returned", "rows", "statement")

    def __init__(self, bound: BoundStatement[Any], returned: Returned[Any] | None) -> None:
        self.bound = bound
        self.statement = bound.get_statement(current_connection())
        self.returned = returned
        self.rows: tuple[TenantOwned, ...] = ()

    def describe_step_shape(self) -> Shape:
        """Return what the text of the unit's statement depends on."""
        template, columns = self.statement.template, () if self.returned is None else self.statement.columns
        models, references = tuple(map(type, self.rows)), tuple(map(find_references, self.rows))
        return Shape(template.sql, template.tail, columns, models, references)

    def collect_parameters(self, connection: BaseDatabaseWrapper) -> list[Any]:
        """Return the values of the statement and of the new rows, in the order of their placeholders."""
        parameters = [*self.bound.bind_parameters(self.statement)]
        for row in self.rows:
            parameters += list_column_values(row, connection)
        return parameters

    def take_alone(self) -> bool:
        """Run the statement and then write the new rows; say whether it found its row."""
        touched = self.bound.fetch_all()
        if not touched:
            return False
        if self.returned is not None:
            self.returned.row = touched[0]
        for row in self.rows:
            fill_referenced_columns(row, find_references(row), vars(touched[0]))
        if self.rows:
            insert_rows(*self.rows)
        return True

    def settle_rows(self, shape: Shape, found: Mapping[str, Any]) -> None:
        """Let the new rows and the returned one be what they are in the database now."""
        for row, references in zip(self.rows, shape.references, strict=True):
            row._state.adding = False
            fill_referenced_columns(row, references, found)
        if self.returned is not None:
            (self.returned.row,) = self.statement.read([tuple([found[name] for name in self.statement.columns])])


class unit_of_work:  # noqa: N801  # used as a function, as contextlib's classes are
    """Write what is added in the block when the block ends, all of it or nothing.

    Each update or lock is a compare-and-set on one row: what follows it happens only if it has found its row. Whether
    all have, `is_written` says afterwards. On PostgreSQL the unit is one statement, which needs no transaction around
    it. Its steps see one snapshot, so the first one has to decide, such as a lock on a version; the others follow from
    it. An exception inside the block writes nothing.

    Args:
        durable: the unit is committed when the block ends; raises RuntimeError inside of a transaction.

    Raises:
        IntegrityError: a constraint of the database refuses it.
        ForeignTenantWrite: a new row belongs to a tenant outside the scope.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.is_written = False
        self._is_durable = durable
        self._steps: list[_Step] = []
        self._rows: tuple[TenantOwned, ...] = ()

    def __enter__(self) -> "unit_of_work":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._commit_steps()

    def update(self, write: Write[Any]) -> None:
        """Change a row by compare-and-set."""
        self._add_step(write)

    def update_returning(self, write: Write[_T]) -> Returned[_T]:
        """Change a row, and give it back as it is then."""
        returned: Returned[_T] = Returned()
        self._add_step(write, returned)
        return returned

    def lock(self, rows: CompiledRows[Any]) -> None:
        """Hold a row until the unit is written; `rows` is a compiled `select_for_update`. It has to come first."""
        self._add_step(rows)

    def lock_returning(self, rows: CompiledRows[_T]) -> Returned[_T]:
        """Hold a row, and give it back."""
        returned: Returned[_T] = Returned()
        self._add_step(rows, returned)
        return returned

    def insert(self, *rows: TenantOwned) -> None:
        """Write new rows, if what was added before has found its row. `build_row` says what they may take from it."""
        if self._steps:
            self._steps[-1].rows += rows
        else:
            self._rows += rows

    def _add_step(self, statement: BoundStatement[Any], returned: Returned[Any] | None = None) -> None:
        if self._rows:
            raise RuntimeError("New rows of a unit stand alone or follow what they depend on.")
        self._steps.append(_Step(statement, returned))

    def _commit_steps(self) -> None:
        connection = current_connection()
        with _refuse_transaction(connection) if self._is_durable else nullcontext():
            self.is_written = self._write_steps(connection)

    def _write_steps(self, connection: BaseDatabaseWrapper) -> bool:
        if not self._steps:
            if self._rows:
                insert_rows(*self._rows)
            return True
        if any(step.statement.has_tenant for step in self._steps) and current_scope().is_provisional:
            return False  # the scope's tenant has no row yet, and so no rows that could be touched
        if len(self._steps) == 1 and not self._steps[0].rows:
            return self._steps[0].take_alone()
        if connection.vendor == "postgresql":
            return _write_in_one_statement(connection, self._steps)
        return _write_step_by_step(self._steps)


def _refuse_transaction(connection: BaseDatabaseWrapper) -> AbstractContextManager[object]:
    """Refuse a transaction around; without one a single statement is committed by itself."""
    return transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()


def _write_step_by_step(steps: Sequence[_Step]) -> bool:
    with transaction.atomic():
        if all(step.take_alone() for step in steps):
            return True
        transaction.set_rollback(True)
    for step in steps:
        if step.returned is not None:
            step.returned.row = None
    return False


def _write_in_one_statement(connection: BaseDatabaseWrapper, steps: Sequence[_Step]) -> bool:
    for step in steps:
        prepare_writes(step.rows)
    shapes = tuple([step.describe_step_shape() for step in steps])
    merged = merge_statements(connection, shapes)
    parameters = steps[0].collect_parameters(connection)
    for step in steps[1:]:
        parameters += step.collect_parameters(connection)
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        found = execute_statement(connection, merged.sql, parameters)
    if not found:
        return False
    columns: list[dict[str, Any]] = [{} for _ in steps]
    for (number, name), value in zip(merged.columns, found[0], strict=False):
        columns[number][name] = value
    for step, shape, own in zip(steps, shapes, columns, strict=True):
        step.settle_rows(shape, own)
    return True
