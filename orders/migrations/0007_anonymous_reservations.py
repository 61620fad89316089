"""Unpaid orders that were placed without a token, counted by where they came from.

Whoever places an order locks the count before the tally, so whoever moves one must do the same, lest they wait for each
other: PostgreSQL runs the triggers of one event in the order of their names, and `leaves_placed` comes before `tally`.
"""

import django.db.models.deletion
from django.db import migrations, models

from tenants.migration_operations import immutable_tenant, same_tenant, statements

TABLE = "orders_anonymousreservation"
ADD = """INSERT INTO orders_anonymousreservationcount (origin, orders) VALUES (NEW.origin, 1)
    ON CONFLICT (origin) DO UPDATE SET orders = orders_anonymousreservationcount.orders + 1"""
TAKE = """UPDATE orders_anonymousreservationcount SET orders = orders - 1 WHERE origin = OLD.origin;
    DELETE FROM orders_anonymousreservationcount WHERE origin = OLD.origin AND orders = 0"""
FORGET = f"DELETE FROM {TABLE} WHERE order_id = OLD.id"  # noqa: S608  # of migrations
LEAVES = "OLD.status = 'PLACED' AND NEW.status <> 'PLACED' AND OLD.user_id IS NULL"
REFUSE = "RAISE EXCEPTION 'anonymous_order_limit' USING ERRCODE = 'check_violation'"
COUNTED = "(SELECT orders FROM orders_anonymousreservationcount WHERE origin = NEW.origin)"


def function(name: str, body: str, variables: str = "") -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {variables} BEGIN {body}; RETURN NULL; END $$"
    )


def trigger(name: str, event: str, table: str, condition: str = "TRUE") -> str:
    rows = f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()"
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} {rows}"


def lite_trigger(name: str, event: str, table: str, body: str, condition: str = "TRUE") -> str:
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {condition} BEGIN {body}; END"


ADDED, REMOVED, LEFT = f"{TABLE}_added", f"{TABLE}_removed", "orders_order_leaves_placed"
ON = ((ADDED, TABLE), (REMOVED, TABLE), (LEFT, "orders_order"))
COUNT = statements(
    {
        "postgresql": (
            function(
                ADDED,
                f"{ADD} RETURNING orders INTO held; IF held > NEW.allowed THEN {REFUSE}; END IF",
                "DECLARE held integer;",
            ),
            function(REMOVED, TAKE),
            function(LEFT, FORGET),
            trigger(ADDED, "INSERT", TABLE),
            trigger(REMOVED, "DELETE", TABLE),
            trigger(LEFT, "UPDATE OF status", "orders_order", LEAVES),
        ),
        "sqlite": (
            lite_trigger(
                ADDED,
                "INSERT",
                TABLE,
                f"{ADD}; SELECT RAISE(ABORT, 'anonymous_order_limit') WHERE {COUNTED} > NEW.allowed",
            ),
            lite_trigger(REMOVED, "DELETE", TABLE, TAKE),
            lite_trigger(LEFT, "UPDATE OF status", "orders_order", FORGET, LEAVES),
        ),
    },
    {
        "postgresql": (
            *(f"DROP TRIGGER {name} ON {table}" for name, table in ON),
            *(f"DROP FUNCTION {name}()" for name, _ in ON),
        ),
        "sqlite": tuple(f"DROP TRIGGER {name}" for name, _ in ON),
    },
)


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_implied_tenant"), ("tenants", "0002_shared_pool")]
    operations = [
        migrations.CreateModel(
            name="AnonymousReservationCount",
            fields=[
                ("origin", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("orders", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="AnonymousReservation",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                ("origin", models.CharField(max_length=64)),
                ("allowed", models.PositiveIntegerField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        immutable_tenant(TABLE),
        same_tenant(TABLE, "order_id", "orders_order"),
        COUNT,
    ]
