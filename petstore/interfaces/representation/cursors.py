"""Opaque cursors for keyset pagination: pages stay stable, and each costs the same (contract, Collections)."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Model, Q, QuerySet

from kernel import ids
from kernel.errors import Invalid
from petstore.interfaces.representation.fields import MAX_INT, parse_rfc3339_time


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order of rows by a column and, to break ties, the id; both in the same direction."""

    column: str
    descending: bool = False

    @property
    def order_by_columns(self) -> tuple[str, str]:
        """Return the arguments of `order_by`."""
        sign = "-" if self.descending else ""
        return f"{sign}{self.column}", f"{sign}id"

    def place_cursor_at_row(self, row: Any, *, page: int, is_backward: bool = False) -> "Cursor":
        """Return the cursor at this row."""
        return Cursor(self, getattr(row, self.column), row.id, page, is_backward=is_backward)

    def reverse_ordering_direction(self) -> "Ordering":
        """Return the ordering in the other direction."""
        return Ordering(self.column, not self.descending)


OLDEST_FIRST = Ordering("created_at")
NEWEST_FIRST = Ordering("created_at", descending=True)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row next to which a page lies.

    Attributes:
        value: of the ordering's column.
        page: the page's number, counted from the first one that the caller read.
        is_backward: the page ends before the row instead of starting behind it.
    """

    ordering: Ordering
    value: Any
    row_id: UUID
    page: int
    is_backward: bool = False

    def encode_cursor(self) -> str:
        """Return the text that callers get and send back."""
        fields = [
            self.ordering.order_by_columns[0],
            str(self.value),
            str(self.row_id),
            self.page,
            int(self.is_backward),
        ]
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    def select_rows_beyond(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows after (or before) the cursor, nearest first."""
        ordering = self.ordering.reverse_ordering_direction() if self.is_backward else self.ordering
        way, column = ("lt" if ordering.descending else "gt"), ordering.column
        beyond = Q(**{f"{column}__{way}": self.value}) | Q(**{column: self.value, f"id__{way}": self.row_id})
        bound = Q(**{f"{column}__{way}e": self.value})
        return rows.filter(bound & beyond).order_by(*ordering.order_by_columns)


def decode_cursor(text: str, ordering: Ordering, model: type[Model]) -> Cursor:
    """Decode a cursor that `encode_cursor` made for this ordering.

    Raises:
        Invalid: anything else.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        name, value, row_id, page, backward = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return _validate_cursor_parts(ordering, model, (name, value, row_id, page, backward))
    except (binascii.Error, ValueError, TypeError, RecursionError, OverflowError, ValidationError) as error:
        raise Invalid.for_field("cursor", "This is not a cursor of this list.", "invalid_cursor") from error


def _validate_cursor_parts(ordering: Ordering, model: type[Model], fields: tuple[Any, ...]) -> Cursor:
    name, text, row_id, page, backward = fields
    parsed_id = ids.parse_id(row_id)
    is_known = name == ordering.order_by_columns[0] and isinstance(text, str) and len(text) < 40  # noqa: PLR2004  # no value is longer
    if parsed_id is None or not is_known or backward not in (0, 1) or type(page) is not int or not 1 <= page <= MAX_INT:
        raise ValueError(name)
    return Cursor(
        ordering, _parse_column_value(model._meta.get_field(ordering.column), text), parsed_id, page, bool(backward)
    )


def _parse_column_value(column: Any, text: str) -> Any:
    """Parse the column's value; of times only what `encode_cursor` writes, so that none is naive or of an odd year."""
    value = parse_rfc3339_time(text) if isinstance(column, DateTimeField) else column.to_python(text)
    if value is None:
        raise ValueError(column.name)
    column.run_validators(value)
    return value
