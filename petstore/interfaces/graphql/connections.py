"""Relay connections: windows of a list by cursors (contract, GraphQL; Relay Cursor Connections)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from django.db.models import QuerySet

from kernel.errors import Invalid
from petstore.interfaces.graphql.arguments import Arguments
from petstore.interfaces.graphql.bindings import FieldInfo, Resolver
from petstore.interfaces.graphql.faults import rename_faults
from petstore.interfaces.graphql.siblings import Source, make_sources
from petstore.interfaces.http.search_limit import hold_search_slot
from petstore.interfaces.representation.cursors import Cursor, Ordering, decode_cursor
from petstore.interfaces.representation.filters import write_as_query
from petstore.interfaces.representation.page_requests import read_page_request
from petstore.interfaces.representation.totals import Total


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that is asked for.

    Attributes:
        size: the most rows.
        is_last: the rows at its end, not at its beginning.
        after, before: the list is cut at these rows.
    """

    size: int
    is_last: bool
    after: Cursor | None
    before: Cursor | None


@dataclass(frozen=True)
class Connection:
    """A list with its window; each statement runs when a field asks for what it gives.

    Attributes:
        rows: the whole list.
        count: counts it.
        words: what is searched for in it, if anything.
    """

    rows: QuerySet[Any]
    ordering: Ordering
    window: Window
    count: Callable[[], Total]
    words: str = ""

    @cached_property
    def window_sources(self) -> list[Source[Any]]:
        """Return the rows of the window."""
        rows = self._found_rows[: self.window.size]
        return make_sources(reversed(rows) if self.window.is_last else rows)

    @property
    def has_next(self) -> bool:
        """Return whether rows follow the window."""
        return self.window.before is not None if self.window.is_last else self._has_more

    @property
    def has_previous(self) -> bool:
        """Return whether rows stand before the window."""
        return self._has_more if self.window.is_last else self.window.after is not None

    def format_cursor(self, source: Source[Any]) -> str:
        """Return the cursor of a row."""
        return self.ordering.place_cursor_at_row(source.row, page=1).encode_cursor()

    def count_rows(self) -> int:
        """Count the whole list."""
        with hold_search_slot(self.words):
            return self.count().items

    @property
    def _has_more(self) -> bool:
        return len(self._found_rows) > self.window.size

    @cached_property
    def _found_rows(self) -> list[Any]:
        """The rows of the window, nearest to its end first, and one more where there are more."""
        rows, window = self.rows, self.window
        for cursor in (window.after, window.before):
            rows = rows if cursor is None else cursor.select_rows_beyond(rows)
        ordering = self.ordering.reverse_ordering_direction() if window.is_last else self.ordering
        with hold_search_slot(self.words):
            return list(rows.order_by(*ordering.order_by_columns)[: window.size + 1])


def read_window(arguments: Arguments, ordering: Ordering, rows: QuerySet[Any]) -> Window:
    """Read `first`, `after`, `last` and `before`; raises Invalid."""
    is_last = arguments.get("last") is not None
    if is_last and arguments.get("first") is not None:
        raise Invalid.for_field("last", "Give either first or last.", "invalid")
    name = "last" if is_last else "first"
    with rename_faults(lambda _name: name):
        size = read_page_request(write_as_query({"limit": arguments.get(name)})).limit
    after, before = (_read_cursor(arguments, name, ordering, rows) for name in ("after", "before"))
    return Window(size, is_last, after, before)


def _read_cursor(arguments: Arguments, name: str, ordering: Ordering, rows: QuerySet[Any]) -> Cursor | None:
    text = arguments.get(name)
    if text is None:
        return None
    with rename_faults(lambda _name: name):
        return replace(decode_cursor(text, ordering, rows.model), is_backward=name == "before")


def resolve_nodes(connection: Connection, _info: FieldInfo) -> list[Source[Any]]:
    """Return the rows of the window."""
    return connection.window_sources


def resolve_edges(connection: Connection, _info: FieldInfo) -> list[dict[str, Any]]:
    """Return the rows of the window, each with its cursor."""
    return [
        {"node": source, "cursor": lambda _info, source=source: connection.format_cursor(source)}
        for source in connection.window_sources
    ]


def resolve_page_info(connection: Connection, _info: FieldInfo) -> dict[str, Any]:
    """Return what lies around the window."""
    sources = connection.window_sources
    return {
        "hasNextPage": connection.has_next,
        "hasPreviousPage": connection.has_previous,
        "startCursor": connection.format_cursor(sources[0]) if sources else None,
        "endCursor": connection.format_cursor(sources[-1]) if sources else None,
    }


def resolve_total_count(connection: Connection, _info: FieldInfo) -> int:
    """Count the whole list."""
    return connection.count_rows()


CONNECTION_RESOLVERS: Final[Mapping[str, Resolver]] = {
    "nodes": resolve_nodes,
    "edges": resolve_edges,
    "pageInfo": resolve_page_info,
    "totalCount": resolve_total_count,
}
