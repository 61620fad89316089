"""Keep the number of orders of each tenant, and of each day, status and currency with their sum, by triggers.

A single new order is added by its values, many at once (INSERT … SELECT) by groups: half as expensive for the one, and
fit for a million. Two writers never wait for each other in a circle: a step locks the row of the old status before that
of the new one, and groups come in the order of the states. Rows are split over shards so that writers seldom share one.
"""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant, RunStatements

COUNT_ORDERS = """INSERT INTO orders_ordercount (tenant_id, shard, counted)
    {rows} ON CONFLICT (tenant_id, shard) DO UPDATE SET counted = orders_ordercount.counted + excluded.counted"""
ADD_TO_DAY = """INSERT INTO orders_dailyordertotals (tenant_id, day, status, currency, shard, orders, cents)
    {rows} ON CONFLICT (tenant_id, day, status, currency, shard)
    DO UPDATE SET orders = orders_dailyordertotals.orders + excluded.orders,
        cents = orders_dailyordertotals.cents + excluded.cents"""
DIFFERS = (
    "NEW.status <> OLD.status OR NEW.created_at <> OLD.created_at OR NEW.total_amount <> OLD.total_amount "
    "OR NEW.currency <> OLD.currency"
)
DAY = "({row}.created_at AT TIME ZONE 'UTC')::date"
LINE = (
    "({row}.tenant_id, " + DAY + ", {row}.status, {row}.currency, pg_backend_pid() % 8, "
    "{sign}1, {sign}({row}.total_amount * 100)::bigint)"
)
SQLITE_LINE = (
    "({row}.tenant_id, substr({row}.created_at, 1, 10), {row}.status, {row}.currency, 0, "
    "{sign}1, {sign}CAST(round({row}.total_amount * 100) AS INTEGER))"
)
GROUPS = """SELECT tenant_id, (created_at AT TIME ZONE 'UTC')::date, status, currency, pg_backend_pid() % 8, count(*),
    sum((total_amount * 100)::bigint) FROM added WHERE TRUE GROUP BY 1, 2, 3, 4
    ORDER BY 1, 2, 4, array_position(ARRAY['PLACED', 'APPROVED', 'SHIPPED', 'DELIVERED', 'CANCELLED'], status::text)"""
OLD_LINE, NEW_LINE, PLACED_LINE = (
    LINE.format(row="OLD", sign="-"),
    LINE.format(row="NEW", sign=""),
    LINE.format(row="placed", sign=""),
)
SAME_ROW = "(OLD.status, OLD.currency, {old}) = (NEW.status, NEW.currency, {new})".format(
    old=DAY.format(row="OLD"), new=DAY.format(row="NEW")
)
SQLITE_NEW_LINE = SQLITE_LINE.format(row="NEW", sign="")
SQLITE_BOTH_LINES = f"{SQLITE_LINE.format(row='OLD', sign='-')}, {SQLITE_NEW_LINE}"

WHEN_PLACED = f"""SELECT * INTO placed FROM added;
    IF EXISTS (SELECT FROM added OFFSET 1) THEN
        {COUNT_ORDERS.format(rows="SELECT tenant_id, pg_backend_pid() % 64, count(*) FROM added GROUP BY tenant_id")};
        {ADD_TO_DAY.format(rows=GROUPS)};
    ELSIF FOUND THEN
        {COUNT_ORDERS.format(rows="VALUES (placed.tenant_id, pg_backend_pid() % 64, 1)")};
        {ADD_TO_DAY.format(rows=f"VALUES {PLACED_LINE}")};
    END IF;"""  # noqa: S608  # literal names
WHEN_CHANGED = f"""IF {SAME_ROW} THEN
        {ADD_TO_DAY.format(rows=f"VALUES {OLD_LINE}")}; {ADD_TO_DAY.format(rows=f"VALUES {NEW_LINE}")};
    ELSE {ADD_TO_DAY.format(rows=f"VALUES {OLD_LINE}, {NEW_LINE}")}; END IF;"""


def create_function(name: str, body: str, variables: str = "") -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {variables} BEGIN {body} RETURN NULL; END $$"
    )


INSERT_TRIGGER = (
    "CREATE TRIGGER orders_order_totals AFTER INSERT ON orders_order REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION orders_order_totals()"
)
UPDATE_TRIGGER = (
    f"CREATE TRIGGER orders_order_totals_moved AFTER UPDATE ON orders_order FOR EACH ROW WHEN ({DIFFERS}) "
    "EXECUTE FUNCTION orders_order_totals_moved()"
)


def create_sqlite_trigger(name: str, event: str, body: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {event} BEGIN {body}; END"


CREATE = {
    "postgresql": (
        create_function("orders_order_totals", WHEN_PLACED, "DECLARE placed orders_order;"),
        create_function("orders_order_totals_moved", WHEN_CHANGED),
        INSERT_TRIGGER,
        UPDATE_TRIGGER,
    ),
    "sqlite": (
        create_sqlite_trigger(
            "orders_order_totals", "INSERT ON orders_order", COUNT_ORDERS.format(rows="VALUES (NEW.tenant_id, 0, 1)")
        ),
        create_sqlite_trigger(
            "orders_order_totals_placed",
            "INSERT ON orders_order",
            ADD_TO_DAY.format(rows=f"VALUES {SQLITE_NEW_LINE}"),
        ),
        create_sqlite_trigger(
            "orders_order_totals_moved",
            f"UPDATE ON orders_order WHEN {DIFFERS}",
            ADD_TO_DAY.format(rows=f"VALUES {SQLITE_BOTH_LINES}"),
        ),
    ),
}
DROP = {
    "postgresql": (
        "DROP TRIGGER orders_order_totals_moved ON orders_order",
        "DROP TRIGGER orders_order_totals ON orders_order",
        "DROP FUNCTION orders_order_totals_moved()",
        "DROP FUNCTION orders_order_totals()",
    ),
    "sqlite": (
        "DROP TRIGGER orders_order_totals_moved",
        "DROP TRIGGER orders_order_totals_placed",
        "DROP TRIGGER orders_order_totals",
    ),
}


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_states_and_tenant_walls")]
    operations = [
        ImmutableTenant("orders_ordercount"),
        ImmutableTenant("orders_dailyordertotals"),
        RunStatements(CREATE, DROP),
    ]
