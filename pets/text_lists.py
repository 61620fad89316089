"""The texts of related rows as a list, in the statement that reads the row itself."""

import json
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Subquery, TextField
from django.db.models.sql.compiler import SQLCompiler


class TextList(Subquery):
    """The only column of a subquery's rows, texts, as a list in the rows' order."""

    template = "ARRAY(%(subquery)s)"
    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Return SQLite's expression, which makes JSON of the rows."""
        column = connection.ops.quote_name(next(iter(self.query.annotation_select)))
        template = "(SELECT json_group_array(%(column)s) FROM (%(subquery)s))"
        return self.as_sql(compiler, connection, template=template, column=column, **context)

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Callable[..., Any]]:
        """Return the converters of a value: of SQLite's JSON; PostgreSQL's arrays are lists already."""
        return [_parse_json_list] if connection.vendor == "sqlite" else []


def _parse_json_list(value: str, _expression: object, _connection: object) -> list[str]:
    texts: list[str] = json.loads(value)
    return texts
