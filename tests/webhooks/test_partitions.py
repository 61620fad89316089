"""Deliveries by month on PostgreSQL: a month that is over and settled is dropped whole (decision 56)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from kernel import clock, ids
from tenants.scoping import all_tenants
from tests.webhooks.test_purging import list_kept_deliveries
from webhooks.models import Attempt, Delivery, Endpoint, Message
from webhooks.services.purge import purge_delivery_months

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.as_owner,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no partitions"),
    pytest.mark.usefixtures("in_acme"),
]
TABLES = ("webhooks_attempt", "webhooks_delivery", "webhooks_message")
MONTH = timedelta(days=30)
OLD = (clock.now().replace(day=15) - timedelta(days=120)).replace(day=15)
_numbers = count()


@pytest.fixture
def cursor() -> Iterator[CursorWrapper]:
    """With a partition of its own for an old month, in place of the one with all that was before."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        first, after = OLD.replace(day=1).date(), (OLD + timedelta(days=20)).replace(day=1).date()
        for table in TABLES:
            before = next(name for name in list_partitions(cursor, table) if "_before_" in name)
            cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {before}")
            cursor.execute("SELECT petstore_first_id(%s), petstore_first_id(%s)", [first, after])
            bounds = "FOR VALUES FROM ('{}') TO ('{}')".format(*cursor.fetchone())
            cursor.execute(f"CREATE TABLE {table}_{OLD:%Y_%m} PARTITION OF {table} {bounds}")
        yield cursor


def list_partitions(cursor: CursorWrapper, table: str) -> list[str]:
    cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree(%s) WHERE isleaf ORDER BY 1", [table])
    return [name for (name,) in cursor.fetchall()]


def send(endpoint: Endpoint, at: datetime, *, settled_at: datetime | None) -> Delivery:
    """A delivery with the ids of its time, and its attempt."""
    message = Message(id=ids.id_born_at(at, next(_numbers)), event_type="x", body="{}", created_at=at)
    message.save()
    delivery = Delivery(
        id=ids.id_born_at(at, next(_numbers)),
        endpoint=endpoint,
        message=message,
        ordering_key=endpoint.id,
        status="PENDING" if settled_at is None else "SUCCEEDED",
        created_at=at,
        settled_at=settled_at,
    )
    delivery.save()
    Attempt(delivery=delivery, number=1, at=at, duration_ms=5, status_code=200).save()
    connection.check_constraints()
    return delivery


def test_a_month_that_is_over_and_settled_is_dropped_whole(cursor: CursorWrapper, hook: Endpoint) -> None:
    for day in (2, 15, 28):
        send(hook, OLD.replace(day=day), settled_at=OLD.replace(day=28))
    young = send(hook, clock.now(), settled_at=clock.now())
    assert purge_delivery_months(older_than=MONTH, dry_run=False) == 3
    assert not [name for table in TABLES for name in list_partitions(cursor, table) if name.endswith(f"{OLD:_%Y_%m}")]
    assert list_kept_deliveries() == {young}


def test_a_month_in_which_one_waits_is_deleted_row_by_row(cursor: CursorWrapper, hook: Endpoint) -> None:
    send(hook, OLD, settled_at=OLD)
    kept = {send(hook, OLD, settled_at=None), send(hook, OLD, settled_at=clock.now())}
    assert purge_delivery_months(older_than=MONTH, dry_run=False) == 1
    assert f"webhooks_delivery{OLD:_%Y_%m}" in list_partitions(cursor, "webhooks_delivery")
    assert list_kept_deliveries() == kept


def test_what_was_settled_a_month_ago_stays_until_its_whole_month_is_so_old(hook: Endpoint) -> None:
    at = clock.now()
    young = send(hook, at, settled_at=at - timedelta(days=31))
    assert purge_delivery_months(older_than=MONTH, dry_run=False) == 0
    assert list_kept_deliveries() == {young}


def test_messages_stay_that_a_later_month_refers_to(cursor: CursorWrapper, hook: Endpoint) -> None:
    old = send(hook, OLD, settled_at=OLD)
    late = send(hook, clock.now(), settled_at=None)
    Delivery.objects.filter(pk=late.pk).update(message=old.message)
    Message.objects.filter(pk=late.message_id).delete()
    assert purge_delivery_months(older_than=MONTH, dry_run=False) == 1
    assert f"webhooks_message{OLD:_%Y_%m}" in list_partitions(cursor, "webhooks_message")
    assert Delivery.objects.get().message == old.message


def test_nobody_drops_what_is_young(cursor: CursorWrapper) -> None:
    with pytest.raises(DatabaseError, match="is not long ago"), transaction.atomic():
        cursor.execute("SELECT webhooks_drop_months(now())")


def test_months_are_not_dropped_by_an_owner_who_does_not_see_all_rows(cursor: CursorWrapper, hook: Endpoint) -> None:
    """As where row-level security is forced, and hides what waits."""
    send(hook, OLD, settled_at=None)
    partition, owner = f"webhooks_delivery{OLD:_%Y_%m}", f"{connection.settings_dict['NAME']}_blind"
    cursor.execute(
        f"CREATE ROLE {owner}; GRANT ALL ON SCHEMA public TO {owner};"
        f"ALTER TABLE {partition} OWNER TO {owner}; ALTER FUNCTION webhooks_drop_months(timestamptz) OWNER TO {owner};"
        f"ALTER TABLE {partition} ENABLE ROW LEVEL SECURITY; ALTER TABLE {partition} FORCE ROW LEVEL SECURITY;"
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {owner}"
    )
    with pytest.raises(DatabaseError, match="hides rows"), all_tenants(reason="test"), transaction.atomic():
        purge_delivery_months(older_than=MONTH, dry_run=False)
    cursor.execute("SELECT count(*) FROM webhooks_delivery")
    assert cursor.fetchone() == (1,)


def test_a_message_goes_to_an_endpoint_once(hook: Endpoint) -> None:
    """Within a month by a constraint of its partition; whatever the month, no message is written twice."""
    first = send(hook, clock.now(), settled_at=None)
    again = Delivery(endpoint=hook, message=first.message, ordering_key=hook.id)
    with (
        pytest.raises(IntegrityError, match=r"endpoint_id, message_id"),
        transaction.atomic(),
    ):
        again.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Message(id=first.message_id, event_type="x", body="{}").save(force_insert=True)
