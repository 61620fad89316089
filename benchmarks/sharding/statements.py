"""Statements that the application sends, written down as scripts of pgbench."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql
from psycopg.types.json import Jsonb

TENANT = "('00000000-0000-4000-8000-' || lpad(to_hex(:tenant::bigint), 12, '0'))"
"""A tenant's id from its number; `rules.sql` has the same."""
FIRST_NEW_KIND = 3


def build_row_id(kind: int, number: str) -> str:
    """Return the expression of a row's id; `rules.sql` has the same."""
    digits = f"lpad(to_hex({number}::bigint + 1700000000000), 12, '0')"
    return f"({digits} || '7{kind:03x}8000' || lpad(to_hex({number}::bigint), 12, '0'))"


class Recorder:
    """Writes down statements; ids become expressions of pgbench's variables, those of new rows follow from `:number`.

    Args:
        expressions: what stands for the ids that are known before.
    """

    def __init__(self, expressions: dict[UUID, str]) -> None:
        self._expressions = {str(known): expression for known, expression in expressions.items()}
        self._new_kinds = count(FIRST_NEW_KIND)
        self._sent: list[str] = []

    @property
    def script(self) -> str:
        """What was sent, for pgbench."""
        return "".join(f"{text};\n" for text in self._sent)

    @contextmanager
    def record_statements(self) -> Iterator[None]:
        """Write down what is sent inside the block."""
        with connection.execute_wrapper(self._record_statement):
            yield

    def _record_statement(
        self, execute: Callable[..., Any], text: str, values: Sequence[Any], many: bool, context: Any
    ) -> Any:
        head, *tails = text.split("%s")
        parts = [self._write_value(value) + tail for value, tail in zip(values or (), tails, strict=True)]
        self._sent.append((head + "".join(parts)).replace("%%", "%"))
        return execute(text, values, many, context)

    def _write_value(self, value: Any) -> str:
        if isinstance(value, datetime):
            return "now()"
        if isinstance(value, UUID):
            return f"{self._find_expression(str(value))}::uuid"
        if isinstance(value, Jsonb):
            return f"({self._write_text(json.dumps(value.obj, default=str))})::jsonb"
        if isinstance(value, str):
            return self._write_text(str(value.value) if isinstance(value, Enum) else value)
        return sql.Literal(value).as_string(None)

    def _find_expression(self, found: str) -> str:
        if found not in self._expressions:
            self._expressions[found] = build_row_id(next(self._new_kinds), ":number")
        return self._expressions[found]

    def _write_text(self, text: str) -> str:
        """Write a text with the expressions of its ids; a bare colon would begin a variable of pgbench's."""
        escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
        for found, expression in self._expressions.items():
            escaped = escaped.replace(found, f"' || {expression}::uuid::text || E'")
        return f"E'{escaped}'"
