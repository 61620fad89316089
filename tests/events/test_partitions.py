"""The journal by month on PostgreSQL: a partition of native range partitioning for each (decision 56)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from database import unit_of_work
from events.hash_chain import find_first_broken_link, seal_pending_events
from events.models import Action, AuditEvent, EntityType
from events.queries import list_latest_written_about
from events.services import build_event_rows
from kernel import clock, ids
from kernel.actor import SYSTEM
from petstore.server.partitions import add_coming_partitions
from tests.events.test_journal import write_event

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.as_owner,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no partitions"),
]
JOURNAL = "events_auditevent"


@pytest.fixture
def cursor() -> Iterator[CursorWrapper]:
    with connection.cursor() as cursor:
        yield cursor


def list_partitions(cursor: CursorWrapper, table: str = JOURNAL) -> list[str]:
    cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree(%s) WHERE isleaf ORDER BY 1", [table])
    return [name for (name,) in cursor.fetchall()]


def find_partition(cursor: CursorWrapper, event_id: UUID) -> str:
    cursor.execute("SELECT tableoid::regclass::text FROM events_auditevent WHERE id = %s", [event_id])
    return str(cursor.fetchone()[0])


def write_event_born_at(moment: datetime) -> AuditEvent:
    """As a server writes it whose clock says so."""
    event, pending = build_event_rows(
        Action.PET_UPDATED, entity_type=EntityType.PETS, entity_id=None, actor=SYSTEM, at=moment
    )
    event.id = pending.event_id = ids.id_born_at(moment, 1)
    with unit_of_work() as unit:
        unit.insert(event, pending)
    return event


def in_months(number: int) -> datetime:
    """The tenth of a month to come."""
    day = clock.now().replace(day=10)
    for _ in range(number):
        day = (day.replace(day=28) + timedelta(days=10)).replace(day=10)
    return day


@pytest.mark.usefixtures("in_acme")
def test_an_event_is_kept_in_the_partition_of_its_month(cursor: CursorWrapper) -> None:
    coming = in_months(2)
    assert find_partition(cursor, write_event().pk).startswith(f"{JOURNAL}_before_")
    event = write_event_born_at(coming)
    assert find_partition(cursor, event.pk) == f"{JOURNAL}_{coming:%Y_%m}"
    with pytest.raises(IntegrityError), transaction.atomic():
        write_event_born_at(coming)
    assert AuditEvent.objects.get(pk=event.pk).action == event.action


@pytest.mark.usefixtures("in_acme")
def test_an_event_of_no_month_that_has_a_partition_is_kept_sealed_and_found(cursor: CursorWrapper) -> None:
    event = write_event_born_at(datetime(2090, 1, 1, tzinfo=UTC))
    assert find_partition(cursor, event.pk) == f"{JOURNAL}_other"
    assert seal_pending_events() > 0
    assert (AuditEvent.objects.get(pk=event.pk).pk, find_first_broken_link()) == (event.pk, None)


@pytest.mark.parametrize(
    "change",
    ["UPDATE {} SET action = action", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
    ids=lambda change: str(change).split()[0],
)
@pytest.mark.as_owner
@pytest.mark.usefixtures("in_acme")
def test_no_partition_lets_its_rows_be_changed(cursor: CursorWrapper, change: str) -> None:
    events = [write_event(), write_event_born_at(in_months(2))]
    events.append(write_event_born_at(datetime(2090, 1, 1, tzinfo=UTC)))
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for partition in {find_partition(cursor, event.pk) for event in events}:
        with pytest.raises(DatabaseError, match=f"{JOURNAL}_no_"), transaction.atomic():
            cursor.execute(change.format(partition))


def test_the_coming_months_get_partitions_in_time(cursor: CursorWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    assert add_coming_partitions() == []
    before, months = list_partitions(cursor), [in_months(number) for number in (4, 5, 6)]
    monkeypatch.setattr(clock, "now", lambda: months[0])
    made = add_coming_partitions()
    assert {f"{JOURNAL} {month:%Y-%m}" for month in months} <= set(made)
    assert len(list_partitions(cursor)) == len(before) + 3
    assert add_coming_partitions() == []


@pytest.mark.as_owner
def test_a_partition_has_the_walls_of_the_journal(cursor: CursorWrapper) -> None:
    cursor.execute(
        f"ALTER TABLE {JOURNAL} ENABLE ROW LEVEL SECURITY; ALTER TABLE {JOURNAL} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY looked_for ON {JOURNAL} TO pg_monitor USING (tenant_id = id) WITH CHECK (true)"
    )
    partition = add_month(cursor, in_months(5))
    cursor.execute("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", [partition])
    assert cursor.fetchone() == (True, True)
    described = (
        "SELECT roles, cmd, permissive, qual, with_check FROM pg_policies WHERE tablename = %s ORDER BY policyname"
    )
    cursor.execute(described, [JOURNAL])
    policies = cursor.fetchall()
    cursor.execute(described, [partition])
    assert cursor.fetchall() == policies != []
    assert list_triggers(cursor, partition) == list_triggers(cursor, JOURNAL)
    cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass", [partition])
    assert cursor.fetchone() == (6,)


def add_month(cursor: CursorWrapper, month: datetime) -> str:
    cursor.execute(f"SELECT {JOURNAL}_add_month(%s)", [month.date()])
    assert cursor.fetchone() == (True,)
    return f"{JOURNAL}_{month:%Y_%m}"


def list_triggers(cursor: CursorWrapper, table: str) -> list[Any]:
    cursor.execute(
        "SELECT tgname, tgtype FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY 1", [table]
    )
    return list(cursor.fetchall())


@pytest.mark.as_owner
def test_the_application_makes_coming_months_and_nothing_else(cursor: CursorWrapper) -> None:
    cursor.execute(f"CREATE TEMPORARY TABLE {JOURNAL} (id uuid)")
    cursor.execute("SET LOCAL ROLE pg_monitor")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        cursor.execute("CREATE TABLE own (id uuid)")
    cursor.execute(f"SELECT {JOURNAL}_add_month(%s)", [in_months(5).date()])
    for month in (in_months(0) - timedelta(days=40), in_months(14)):
        with pytest.raises(DatabaseError, match="not of the coming months"), transaction.atomic():
            cursor.execute(f"SELECT {JOURNAL}_add_month(%s)", [month.date()])
    cursor.execute("RESET ROLE")
    assert f"{JOURNAL}_{in_months(5):%Y_%m}" in list_partitions(cursor, f"public.{JOURNAL}")


@pytest.mark.usefixtures("in_acme")
def test_a_month_that_has_rows_elsewhere_is_told_and_hinders_no_other(
    cursor: CursorWrapper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    months = [in_months(number) for number in (5, 6, 7)]
    write_event_born_at(months[0])
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    monkeypatch.setattr(clock, "now", lambda: months[0])
    made = add_coming_partitions()
    assert [name for name in made if JOURNAL in name] == [f"{JOURNAL} {month:%Y-%m}" for month in months[1:]]
    assert f"The partition of {JOURNAL} for {months[0]:%Y-%m} could not be made." in caplog.messages


@pytest.mark.usefixtures("in_acme")
def test_an_event_is_read_from_its_own_partition_only(cursor: CursorWrapper) -> None:
    for number in range(4, 12):
        add_month(cursor, in_months(number))
    event = write_event()
    plan = AuditEvent.objects.filter(pk=event.pk).explain()
    assert plan.count(f" on {JOURNAL}") == 1


@pytest.mark.usefixtures("in_acme")
def test_the_history_of_an_order_is_looked_for_in_no_month_before_it(cursor: CursorWrapper) -> None:
    order_id = ids.id_born_at(in_months(2), 0)
    about = list_latest_written_about((EntityType.ORDERS,), [order_id])
    assert f"{JOURNAL}_before_" not in about.explain()
    assert f"{JOURNAL}_before_" in list_latest_written_about((EntityType.ORDERS,), [order_id, uuid4()]).explain()


def test_a_clock_that_is_some_hours_behind_hides_no_event() -> None:
    moment = clock.now()
    order_id, other = ids.id_born_at(moment, 0), ids.id_born_at(moment + timedelta(days=9), 0)
    late = ids.id_born_at(moment - timedelta(hours=23), 0)
    assert ids.find_first_id_since([other, order_id]) < late < order_id
    assert ids.find_first_id_since([order_id, uuid4()]) < ids.id_born_at(datetime(1971, 1, 1, tzinfo=UTC), 0)
