"""Count the unpaid orders that were placed without a token, by where they came from, and refuse those over the limit.

Placing an order locks this count before the daily totals, so changing one does the same, or two writers could wait for
each other: PostgreSQL runs the triggers of one event in the order of their names, and `leaves_placed` comes before
`tally`.
"""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant, RunStatements, SameTenantKey

TABLE = "orders_anonymousreservation"
ADDED, REMOVED, LEFT = f"{TABLE}_added", f"{TABLE}_removed", "orders_order_leaves_placed"
COUNT_UP = """INSERT INTO orders_anonymousreservationcount (origin, orders) VALUES (NEW.origin, 1)
    ON CONFLICT (origin) DO UPDATE SET orders = orders_anonymousreservationcount.orders + 1"""
COUNT_DOWN = """UPDATE orders_anonymousreservationcount SET orders = orders - 1 WHERE origin = OLD.origin;
    DELETE FROM orders_anonymousreservationcount WHERE origin = OLD.origin AND orders = 0"""
REMOVE_RESERVATION = f"DELETE FROM {TABLE} WHERE order_id = OLD.id"  # noqa: S608  # literal names
LEAVES_PLACED = "OLD.status = 'PLACED' AND NEW.status <> 'PLACED' AND OLD.user_id IS NULL"
REFUSE = "RAISE EXCEPTION 'anonymous_order_limit' USING ERRCODE = 'check_violation'"
COUNTED = "(SELECT orders FROM orders_anonymousreservationcount WHERE origin = NEW.origin)"


def create_function(name: str, body: str, variables: str = "") -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {variables} BEGIN {body}; RETURN NULL; END $$"
    )


def create_trigger(name: str, event: str, table: str, condition: str = "TRUE") -> str:
    rows = f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()"
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} {rows}"


def create_sqlite_trigger(name: str, event: str, table: str, body: str, condition: str = "TRUE") -> str:
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {condition} BEGIN {body}; END"


ADD_WITHIN_LIMIT = f"{COUNT_UP} RETURNING orders INTO held; IF held > NEW.allowed THEN {REFUSE}; END IF"
SQLITE_ADD = f"{COUNT_UP}; SELECT RAISE(ABORT, 'anonymous_order_limit') WHERE {COUNTED} > NEW.allowed"
CREATE = {
    "postgresql": (
        create_function(ADDED, ADD_WITHIN_LIMIT, "DECLARE held integer;"),
        create_function(REMOVED, COUNT_DOWN),
        create_function(LEFT, REMOVE_RESERVATION),
        create_trigger(ADDED, "INSERT", TABLE),
        create_trigger(REMOVED, "DELETE", TABLE),
        create_trigger(LEFT, "UPDATE OF status", "orders_order", LEAVES_PLACED),
    ),
    "sqlite": (
        create_sqlite_trigger(ADDED, "INSERT", TABLE, SQLITE_ADD),
        create_sqlite_trigger(REMOVED, "DELETE", TABLE, COUNT_DOWN),
        create_sqlite_trigger(LEFT, "UPDATE OF status", "orders_order", REMOVE_RESERVATION, LEAVES_PLACED),
    ),
}
DROP = {
    "postgresql": (
        f"DROP TRIGGER {ADDED} ON {TABLE}",
        f"DROP TRIGGER {REMOVED} ON {TABLE}",
        f"DROP TRIGGER {LEFT} ON orders_order",
        *(f"DROP FUNCTION {name}()" for name in (ADDED, REMOVED, LEFT)),
    ),
    "sqlite": tuple(f"DROP TRIGGER {name}" for name in (ADDED, REMOVED, LEFT)),
}


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_daily_totals")]
    operations = [
        ImmutableTenant(TABLE),
        SameTenantKey(TABLE, "order_id", "orders_order"),
        RunStatements(CREATE, DROP),
    ]
