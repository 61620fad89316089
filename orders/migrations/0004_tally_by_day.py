"""How many orders of a day stand in each status, and what they are worth: kept, not counted.

One order is told by its values, many (COPY) by groups: that is half as dear for the one, and takes a million well.
Nobody waits in a circle: a step locks the old status before the new one, and the groups come in the states' order.
"""

import django.db.models.deletion
from django.db import migrations, models

from tenants.migration_operations import immutable_tenant, statements

COUNT = """INSERT INTO orders_ordertally (tenant_id, shard, counted)
    {rows} ON CONFLICT (tenant_id, shard) DO UPDATE SET counted = orders_ordertally.counted + excluded.counted"""
SUM = """INSERT INTO orders_daytally (tenant_id, day, status, currency, shard, orders, cents)
    {rows} ON CONFLICT (tenant_id, day, status, currency, shard)
    DO UPDATE SET orders = orders_daytally.orders + excluded.orders, cents = orders_daytally.cents + excluded.cents"""
COUNT_SHARD, SHARD = "pg_backend_pid() % 64", "pg_backend_pid() % 8"
CHANGED = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in ("status", "created_at", "total_amount", "currency"))
GROUPS = """SELECT tenant_id, {day}, status, currency, {shard}, count(*), sum({cents}) FROM {table}
    WHERE TRUE GROUP BY 1, 2, 3, 4"""
IN_ORDER = "1, 2, 4, array_position(ARRAY['PLACED', 'APPROVED', 'SHIPPED', 'DELIVERED', 'CANCELLED'], status::text)"


def pg_day(row: str = "") -> str:
    return f"({row}created_at AT TIME ZONE 'UTC')::date"


def pg_line(row: str, sign: str = "") -> str:
    """One order into the tally, or out of it."""
    cents = f"{sign}({row}.total_amount * 100)::bigint"
    return f"({row}.tenant_id, {pg_day(row + '.')}, {row}.status, {row}.currency, {SHARD}, {sign}1, {cents})"


def lite_line(row: str, sign: str = "") -> str:
    cents = f"{sign}CAST(round({row}.total_amount * 100) AS INTEGER)"
    return f"({row}.tenant_id, substr({row}.created_at, 1, 10), {row}.status, {row}.currency, 0, {sign}1, {cents})"


def pg_groups(table: str, shard: str) -> str:
    cents = "(total_amount * 100)::bigint"
    return f"{GROUPS.format(day=pg_day(), shard=shard, cents=cents, table=table)} ORDER BY {IN_ORDER}"


def function(name: str, body: str, variables: str = "") -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"{variables} BEGIN {body} RETURN NULL; END $$"
    )


COUNT_ONLY = COUNT.format(rows=f"SELECT tenant_id, {COUNT_SHARD}, count(*) FROM added GROUP BY tenant_id")  # noqa: S608  # of migrations
PLACED = f"""SELECT * INTO placed FROM added;
    IF EXISTS (SELECT FROM added OFFSET 1) THEN
        {COUNT_ONLY};
        {SUM.format(rows=pg_groups("added", SHARD))};
    ELSIF FOUND THEN
        {COUNT.format(rows=f"VALUES (placed.tenant_id, {COUNT_SHARD}, 1)")};
        {SUM.format(rows=f"VALUES {pg_line('placed')}")};
    END IF;"""  # noqa: S608  # of migrations
MOVED = "; ".join(
    SUM.format(rows=f"VALUES {line}") for line in (pg_line("OLD", "-"), pg_line("NEW"))
)  # one may be the other
LITE_PLACED = SUM.format(rows=f"VALUES {lite_line('NEW')}")
LITE_MOVED = SUM.format(rows=f"VALUES {lite_line('OLD', '-')}, {lite_line('NEW')}")
LITE_GROUPS = GROUPS.format(
    day="substr(created_at, 1, 10)", shard="0", cents="CAST(round(total_amount * 100) AS INTEGER)", table="orders_order"
)
KEEP = statements(
    {
        "postgresql": (
            function("orders_order_tally", PLACED, "DECLARE placed orders_order;"),
            function("orders_order_tally_moved", f"{MOVED};"),
            (
                f"CREATE TRIGGER orders_order_tally_moved AFTER UPDATE ON orders_order "
                f"FOR EACH ROW WHEN ({CHANGED}) EXECUTE FUNCTION orders_order_tally_moved()"
            ),
            SUM.format(rows=pg_groups("orders_order", "0")),
        ),
        "sqlite": (
            (f"CREATE TRIGGER orders_order_tally_placed AFTER INSERT ON orders_order BEGIN {LITE_PLACED}; END"),
            (
                f"CREATE TRIGGER orders_order_tally_moved AFTER UPDATE ON orders_order WHEN {CHANGED} BEGIN "
                f"{LITE_MOVED}; END"
            ),
            SUM.format(rows=LITE_GROUPS),
        ),
    },
    {
        "postgresql": (
            "DROP TRIGGER orders_order_tally_moved ON orders_order",
            "DROP FUNCTION orders_order_tally_moved()",
            function("orders_order_tally", f"{COUNT_ONLY};"),
        ),
        "sqlite": ("DROP TRIGGER orders_order_tally_placed", "DROP TRIGGER orders_order_tally_moved"),
    },
)


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_tally"), ("tenants", "0002_shared_pool")]
    operations = [
        migrations.CreateModel(
            name="DayTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("status", models.CharField(max_length=9)),
                ("currency", models.CharField(max_length=3)),
                ("shard", models.PositiveSmallIntegerField()),
                ("orders", models.BigIntegerField()),
                ("cents", models.BigIntegerField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.AddIndex(
            model_name="daytally",
            index=models.Index(fields=["day"], name="day_tally_of_day"),
        ),
        migrations.AddConstraint(
            model_name="daytally",
            constraint=models.UniqueConstraint(
                fields=("tenant", "day", "status", "currency", "shard"), name="day_tally_shard_once"
            ),
        ),
        immutable_tenant("orders_daytally"),
        KEEP,
    ]
