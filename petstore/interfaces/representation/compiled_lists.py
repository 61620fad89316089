"""Pages of lists by compiled SQL, where a caller filters by what is asked for most; made from the list's FilterSet.

What is rare (a search, many filters at once, a page by a large number) stays with the ORM: each set of filters is a
statement that the database keeps prepared. A test compares both ways, byte for byte.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import UUID

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict

from database import compiled_query
from petstore.interfaces.representation import totals
from petstore.interfaces.representation.collections import Page, build_page_of_found
from petstore.interfaces.representation.cursors import Cursor, Ordering, decode_cursor
from petstore.interfaces.representation.page_requests import DEFAULT_LIMIT, MAX_LIMIT, PageRequest, read_page_request
from petstore.interfaces.representation.totals import RememberedEstimates, Total, complete_bounded_count
from tenants.scoping import current_tenant_id

_Row = TypeVar("_Row")
_Constants = tuple[tuple[str, Any], ...]
MAX_FILTERS: Final = 2
"""Of one request; each set of filters has statements of its own."""
_PAGING: Final = frozenset(("limit", "page", "cursor", "sort"))
_BINDABLE: Final = (UUID, str, int, datetime)


class _Criteria(NamedTuple):
    """The filters of one request.

    Attributes:
        constants: values that belong to the statement, such as true and false.
        values: values that are bound to its placeholders.
    """

    constants: _Constants
    values: dict[str, Any]


class _Shape(NamedTuple):
    """What a statement is made for, besides the names of its values.

    Attributes:
        is_backward: the page lies before the cursor; None where there is no cursor.
        size: the most rows that are read.
        constants: as in the criteria.
    """

    ordering: Ordering
    is_backward: bool | None
    size: int
    constants: _Constants


class CompiledList(Generic[_Row]):
    """A list whose commonest pages are read by statements that are compiled once.

    Args:
        make_row: makes a row of the columns that `select` gives.
        model: whose rows they are.
        select: returns the rows of the scope in no order; takes by name what the list is always limited to.
        filters: of the list, where it has any.
        common: the names of the filters that are asked for most.
        words: of such filters, what is no value of their columns.
    """

    def __init__(  # noqa: PLR0913  # the parts of a list
        self,
        make_row: Callable[[Any], _Row],
        model: type[Model],
        select: Callable[..., QuerySet[Any, Any]],
        filters: type[django_filters.FilterSet] | None = None,
        *,
        common: frozenset[str] = frozenset(),
        words: frozenset[str] = frozenset(),
    ) -> None:
        self._make_row, self._model, self._select = make_row, model, select
        self._filters: dict[str, Any] = deepcopy(filters.base_filters) if filters else {}
        self._common, self._words = common, words
        self._estimates = RememberedEstimates()
        self._select_page = compiled_query(self._build_page)
        self._select_matching = compiled_query(self._build_matching)

    def read_page(self, query: QueryDict, ordering: Ordering, **limits: UUID) -> tuple[Page, Total] | None:
        """Read the page that a query string asks for and count the rows; None where the ORM has to do it.

        Args:
            limits: what the list is always limited to, as `select` takes it.

        Raises:
            Invalid: the query string asks for a page that cannot be.
        """
        criteria = self._read_criteria(query)
        if criteria is None:
            return None
        asked = read_page_request(query)
        cursor = None if asked.cursor is None else decode_cursor(asked.cursor, ordering, self._model)
        if asked.page > 1 or (cursor is not None and not isinstance(cursor.value, _BINDABLE)):
            return None
        criteria.values.update(limits)
        page = self._read_rows(ordering, asked, cursor, criteria)
        if cursor is None and page.next is None:
            return page, Total(len(page.rows))
        return page, self._count_rows(criteria)

    def _read_criteria(self, query: QueryDict) -> _Criteria | None:
        """Return the filters of a request; None where one is no common one, is refused, or there are too many."""
        constants: list[tuple[str, Any]] = []
        values: dict[str, Any] = {}
        for name in query.keys() - _PAGING if query else ():
            value = self._clean_value(name, query)
            if value in _NOTHING:
                continue
            if name not in self._common or value is _REFUSED:
                return None
            if isinstance(value, bool) or value in self._words:
                constants.append((name, value))
            else:
                values[name] = value
        if len(constants) + len(values) > MAX_FILTERS:
            return None
        return _Criteria(tuple(sorted(constants)), values)

    def _clean_value(self, name: str, query: QueryDict) -> Any:
        """Return the value of a filter as its form would, None for a name that is no filter's."""
        if name not in self._filters:
            return None
        try:
            return self._filters[name].field.clean(query[name])
        except ValidationError:
            return _REFUSED

    def _read_rows(self, ordering: Ordering, asked: PageRequest, cursor: Cursor | None, criteria: _Criteria) -> Page:
        size = DEFAULT_LIMIT if asked.limit <= DEFAULT_LIMIT else MAX_LIMIT
        shape = _Shape(ordering, None if cursor is None else cursor.is_backward, size + 1, criteria.constants)
        beside = {} if cursor is None else {_VALUE: cursor.value, _ID: cursor.row_id}
        rows = list(map(self._make_row, self._select_page(shape=shape, **criteria.values, **beside)))
        return build_page_of_found(rows, ordering, asked, cursor)

    def _count_rows(self, criteria: _Criteria) -> Total:
        constants, values = criteria
        key = current_tenant_id(), constants, tuple(sorted(values.items()))
        total = self._estimates.find_estimate(key)
        if total is None:
            counted = self._select_matching(constants=constants, most=totals.EXACT_UP_TO + 1, **values).count()
            total = complete_bounded_count(counted, lambda: self._filter_rows(constants, values))
            self._estimates.remember_estimate(key, total)
        return total

    def _build_page(self, *, shape: _Shape, **values: Any) -> QuerySet[Any, Any]:
        rows = self._filter_rows(shape.constants, values)
        if shape.is_backward is None:
            return rows.order_by(*shape.ordering.order_by_columns)[: shape.size]
        cursor = Cursor(shape.ordering, values[_VALUE], values[_ID], 1, shape.is_backward)
        return cursor.select_rows_beyond(rows)[: shape.size]

    def _build_matching(self, *, constants: _Constants, most: int, **values: Any) -> QuerySet[Any, Any]:
        return self._filter_rows(constants, values).values("pk")[:most]

    def _filter_rows(self, constants: _Constants, values: dict[str, Any]) -> QuerySet[Any, Any]:
        """Select the rows that the filters let through, which are asked one after the other as a FilterSet does."""
        given = dict(constants) | values
        limits = {name: value for name, value in given.items() if name not in self._filters and name not in _CURSOR}
        rows = self._select(**limits)
        for name, one in self._filters.items():
            rows = one.filter(rows, given.get(name, ""))
        return rows


_VALUE, _ID = _CURSOR = ("cursor_value", "cursor_id")
_NOTHING: Final = ("", None)
_REFUSED: Final = object()
