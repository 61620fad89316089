"""A database without the index that keeps a pet from being sold twice, for negative controls."""

from collections.abc import Iterator

import pytest
from django.db import connection

from orders.models import Order
from tests import pristine

_NAME = "order_open_once_per_pet"


@pytest.fixture
def without_the_unique_index(transactional_db: None) -> Iterator[None]:
    """Drops it for one test, then empties the database and puts it back."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {_NAME}")
    yield
    pristine.restore()
    if not _is_there():
        (index,) = (constraint for constraint in Order._meta.constraints if constraint.name == _NAME)
        with connection.schema_editor() as editor:
            editor.add_constraint(Order, index)
    assert _is_there()


def _is_there() -> bool:
    with connection.cursor() as cursor:
        return _NAME in connection.introspection.get_constraints(cursor, Order._meta.db_table)
