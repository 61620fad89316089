"""Rows that were read together: what one of them is asked for is loaded for all, by one statement (contract, GraphQL).

So the number of statements depends on the fields of a query and never on its rows.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from petstore.interfaces.graphql.contexts import CallContext

_T = TypeVar("_T")
_Row = TypeVar("_Row")
Load = Callable[[Sequence[Any], CallContext], _T]
"""Loads something for all rows of a batch."""


class Batch(Generic[_Row]):
    """The rows that one statement gave, with what was loaded for them since."""

    __slots__ = ("_loaded", "rows")

    def __init__(self, rows: Sequence[_Row]) -> None:
        self.rows = rows
        self._loaded: dict[Load[Any], Any] = {}

    def load_once(self, load: Load[_T], context: CallContext) -> _T:
        """Return what `load` returns for the rows; it is called for the first of them only."""
        if load not in self._loaded:
            self._loaded[load] = load(self.rows, context)
        loaded: _T = self._loaded[load]
        return loaded

    def find_loaded(self, load: Load[_T]) -> _T | None:
        """Return what was loaded; None where nobody has asked for it."""
        found: _T | None = self._loaded.get(load)
        return found


class Source(Generic[_Row]):
    """A row that fields are read from, and its siblings."""

    __slots__ = ("batch", "row")

    def __init__(self, row: _Row, batch: Batch[_Row]) -> None:
        self.row = row
        self.batch = batch


def make_sources(rows: Iterable[_Row]) -> list[Source[_Row]]:
    """Make sources of rows that were read together."""
    batch = Batch(list(rows))
    return [Source(row, batch) for row in batch.rows]


def make_single_source(row: _Row) -> Source[_Row]:
    """Make the source of a row that was read alone."""
    return Source(row, Batch([row]))
