"""A list as a file that spreadsheets open."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse

from kernel import clock
from orders.export import Row, csv_header, csv_lines

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the machine; all other readers of CSV know it."""


def csv_download(parts: Iterator[list[Row]], name: str) -> StreamingHttpResponse:
    """The rows as `name-2026-11-22.csv`, sent while they are read."""
    disposition = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingHttpResponse(_csv_body(parts), content_type="text/csv; charset=utf-8", headers=headers)


def _csv_body(parts: Iterator[list[Row]]) -> Iterator[str]:
    yield BOM + csv_header()
    yield from map(csv_lines, parts)
