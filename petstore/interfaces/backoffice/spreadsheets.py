"""Lists as CSV files for spreadsheets."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse

from kernel import clock
from orders.export import Row, format_csv_header, format_csv_lines

BOM = "\ufeff"
"""The mark by which Excel recognises UTF-8; other readers of CSV skip it."""


def stream_csv_download(parts: Iterator[list[Row]], name: str) -> StreamingHttpResponse:
    """Stream the rows as `name-2026-11-22.csv`."""
    disposition = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingHttpResponse(_stream_csv_lines(parts), content_type="text/csv; charset=utf-8", headers=headers)


def _stream_csv_lines(parts: Iterator[list[Row]]) -> Iterator[str]:
    yield BOM + format_csv_header()
    yield from map(format_csv_lines, parts)
