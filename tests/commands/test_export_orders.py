import csv
import json
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management.base import CommandError

from orders.export import COLUMNS, escape_formula
from orders.models import Order
from petstore.server.listener import ROOT
from tenants.models import Tenant
from tests.commands.conftest import Run
from tests.factories import OrderFactory, PetFactory


@pytest.fixture
def order(acme: Tenant) -> Order:
    return OrderFactory.create(pet=PetFactory.create(tenant=acme, name="=cmd|' /C calc'!A0"))


@pytest.fixture
def neighbour(globex: Tenant) -> Order:
    return OrderFactory.create(tenant=globex)


def _csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_the_export_of_all_tenants_has_every_order(run: Run, order: Order, neighbour: Order) -> None:
    assert [row["id"] for row in _csv(run("export_orders"))] == [str(order.id), str(neighbour.id)]


@pytest.mark.parametrize("by", ["id", "slug"])
def test_the_export_of_a_tenant_has_none_of_its_neighbours(run: Run, order: Order, neighbour: Order, by: str) -> None:
    rows = _csv(run("export_orders", "--tenant", str(getattr(order.tenant, by))))
    assert [row["id"] for row in rows] == [str(order.id)]


def test_no_cell_starts_a_formula(run: Run, order: Order) -> None:
    assert _csv(run("export_orders"))[0]["petName"] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_would_start_a_formula_is_disarmed(start: str) -> None:
    assert escape_formula(f"{start}1") == f"'{start}1"


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert escape_formula("Rex = good") == "Rex = good"


def test_json_lines_have_the_columns_and_plain_names(run: Run, order: Order) -> None:
    row = json.loads(run("export_orders", "--format", "jsonl"))
    assert tuple(row) == COLUMNS
    assert row["petName"] == "=cmd|' /C calc'!A0"
    assert row["totalAmount"] == "150.00"


def test_the_dates_bound_the_export(run: Run, order: Order) -> None:
    placed = order.created_at.isoformat()
    assert len(_csv(run("export_orders", "--from", placed))) == 1
    assert _csv(run("export_orders", "--to", placed)) == []


@pytest.mark.django_db
def test_an_unknown_tenant_is_refused(run: Run) -> None:
    with pytest.raises(CommandError, match="no such tenant"):
        run("export_orders", "--tenant", "nobody")


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_goes_away_is_no_error(order: Order) -> None:
    command = f"{sys.executable} manage.py export_orders | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(  # noqa: S603  # our own command
        ["/bin/bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
