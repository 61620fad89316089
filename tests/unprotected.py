"""A database without an index that keeps something from happening twice, for negative controls."""

from collections.abc import Iterator

import pytest
from django.db import connection, models

from orders.models import Order
from payments.models import Payment
from tests import pristine
from tests.transactions import logged_in_as_owner


@pytest.fixture
def without_the_unique_index(transactional_db: None) -> Iterator[None]:
    """A pet may be sold twice in one test."""
    yield from _without(Order, "order_open_once_per_pet")


@pytest.fixture
def without_the_payments_index(transactional_db: None) -> Iterator[None]:
    """An order may have two live payments in one test."""
    yield from _without(Payment, "payment_live_once_per_order")


def _without(model: type[models.Model], name: str) -> Iterator[None]:
    """Drops the index for one test, then empties the database and puts it back."""
    with logged_in_as_owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")
    yield
    pristine.restore()
    if not _is_there(model, name):
        (index,) = (constraint for constraint in model._meta.constraints if constraint.name == name)
        with logged_in_as_owner(), connection.schema_editor() as editor:
            editor.add_constraint(model, index)
    assert _is_there(model, name)


def _is_there(model: type[models.Model], name: str) -> bool:
    with connection.cursor() as cursor:
        return name in connection.introspection.get_constraints(cursor, model._meta.db_table)
