"""Orders as rows for other programs, some at a time, so that memory does not grow with their number."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from orders.models import Order
from orders.snapshots import snapshot_order
from tenants.scoping import all_tenants, public_tenant_id

Row = dict[str, str | None]


class Out(Protocol):
    """The target of an export: a file, or a command's stdout."""

    def write(self, text: str, /) -> object: ...


_FIELDS = {
    "id": "id",
    "petId": "pet_id",
    "petName": "pet_name",
    "userId": "user_id",
    "status": "status",
    "totalAmount": "total_amount",
    "currency": "currency",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "tenantId": "tenant_id",
}
"""Columns of the export, and the fields of an order's snapshot, its pet and its tenant that they have."""
COLUMNS = tuple(_FIELDS)
CHUNK = 2000
_REASON = "an operator exports orders"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # spreadsheets take the wide ones, too


def read_order_rows(
    *, tenant_id: UUID | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Row]:
    """Yield the orders of one tenant, or of all, oldest first, placed from `since` to before `until`."""
    with all_tenants(reason=_REASON):
        orders = Order.objects.select_related("pet").order_by("created_at", "id")
        if tenant_id is not None:
            orders = orders.filter(tenant_id=tenant_id)
        if since is not None:
            orders = orders.filter(created_at__gte=since)
        if until is not None:
            orders = orders.filter(created_at__lt=until)
        rows = orders.iterator(chunk_size=CHUNK)
    while chunk := _read_chunk(rows):
        yield from map(build_export_row, chunk)


def _read_chunk(rows: Iterator[Order]) -> list[Order]:
    """Read on, in a scope that whoever takes the rows does not see."""
    with all_tenants(reason=_REASON):
        return list(islice(rows, CHUNK))


def build_export_row(order: Order) -> Row:
    """Build the export's row of an order whose pet was read with it."""
    tenant_id = public_tenant_id(order.tenant_id)
    more = {"pet_name": order.pet.name, "tenant_id": str(tenant_id) if tenant_id else None}
    fields = snapshot_order(order) | more
    return {column: fields[field] for column, field in _FIELDS.items()}


def write_csv_rows(rows: Iterable[Row], out: Out) -> None:
    """Write a header and one line for each order."""
    out.write(format_csv_header())
    csv.writer(out).writerows(map(_format_csv_cells, rows))


def format_csv_header() -> str:
    """Return the first line."""
    return ",".join(COLUMNS) + "\r\n"


def format_csv_lines(rows: Iterable[Row]) -> str:
    """Return one line for each order; no cell starts a formula in a spreadsheet, and amounts stay numbers."""
    out = StringIO(newline="")
    csv.writer(out).writerows(map(_format_csv_cells, rows))
    return out.getvalue()


def write_json_lines(rows: Iterable[dict[str, Any]], out: Out) -> None:
    """Write one JSON object a line."""
    for row in rows:
        out.write(json.dumps(row) + "\n")


def escape_formula(text: str) -> str:
    """Return the text with an apostrophe before what a spreadsheet takes for a formula (CWE-1236)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _format_csv_cells(row: Row) -> list[str]:
    return [escape_formula(row[name] or "") for name in COLUMNS]
