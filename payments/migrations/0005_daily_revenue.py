"""What the payments of a day come to, less what goes back: kept, not counted.

On PostgreSQL the lines are written when a transaction commits: whatever it did before, it locks the tallies of orders
first and then these, so that nobody waits in a circle; and what many share is locked for a moment only.
"""

import django.db.models.deletion
from django.db import migrations, models

from tenants.migration_operations import immutable_tenant, statements

SUM = """INSERT INTO payments_dailyrevenue (tenant_id, day, currency, shard, payments, cents)
    {rows} ON CONFLICT (tenant_id, day, currency, shard)
    DO UPDATE SET payments = payments_dailyrevenue.payments + excluded.payments,
                  cents = payments_dailyrevenue.cents + excluded.cents"""
PG_DAY = "({row}created_at AT TIME ZONE 'UTC')::date"
PG_CENTS = "({row}amount * 100)::bigint"
LITE_DAY = "substr({row}created_at, 1, 10)"
LITE_CENTS = "CAST(round({row}amount * 100) AS INTEGER)"


def kept(row: str = "") -> str:
    """Whether the store has the money of a payment and keeps it."""
    return f"({row}status = 'SUCCEEDED' AND {row}refund_requested_at IS NULL)"


def groups(day: str, cents: str) -> str:
    return f"""SELECT tenant_id, {day.format(row="")}, currency, 0, count(*), sum({cents.format(row="")})
        FROM payments_payment WHERE {kept()} GROUP BY 1, 2, 3"""  # noqa: S608  # of migrations


def line(day: str, cents: str, shard: str, sign: str) -> str:
    day, cents = day.format(row="NEW."), cents.format(row="NEW.")
    return f"SELECT NEW.tenant_id, {day}, NEW.currency, {shard}, {sign}, {sign} * {cents} WHERE TRUE"


def pg_trigger(event: str, condition: str) -> str:
    return (
        f"CREATE CONSTRAINT TRIGGER payments_payment_revenue_{event.lower()} AFTER {event} ON payments_payment "
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION payments_payment_revenue()"
    )


def lite_trigger(event: str, condition: str) -> str:
    body = SUM.format(rows=line(LITE_DAY, LITE_CENTS, "0", SIGN))
    return (
        f"CREATE TRIGGER payments_payment_revenue_{event.lower()} AFTER {event} ON payments_payment "
        f"WHEN {condition} BEGIN {body}; END"
    )


SIGN = f"CASE WHEN {kept('NEW.')} THEN 1 ELSE -1 END"
CONDITIONS = {"INSERT": kept("NEW."), "UPDATE": f"{kept('OLD.')} <> {kept('NEW.')}"}
FUNCTION = (
    "CREATE FUNCTION payments_payment_revenue() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"DECLARE sign integer := {SIGN}; "
    f"BEGIN {SUM.format(rows=line(PG_DAY, PG_CENTS, 'pg_backend_pid() % 8', 'sign'))}; RETURN NULL; END $$"
)
KEEP = statements(
    {
        "postgresql": (
            FUNCTION,
            *(pg_trigger(event, condition) for event, condition in CONDITIONS.items()),
            SUM.format(rows=groups(PG_DAY, PG_CENTS)),
        ),
        "sqlite": (
            *(lite_trigger(event, condition) for event, condition in CONDITIONS.items()),
            SUM.format(rows=groups(LITE_DAY, LITE_CENTS)),
        ),
    },
    {
        "postgresql": (
            *(f"DROP TRIGGER payments_payment_revenue_{event.lower()} ON payments_payment" for event in CONDITIONS),
            "DROP FUNCTION payments_payment_revenue()",
        ),
        "sqlite": tuple(f"DROP TRIGGER payments_payment_revenue_{event.lower()}" for event in CONDITIONS),
    },
)


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_implied_tenant"), ("tenants", "0002_shared_pool")]
    operations = [
        migrations.CreateModel(
            name="DailyRevenue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("shard", models.PositiveSmallIntegerField()),
                ("payments", models.BigIntegerField()),
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
            model_name="dailyrevenue",
            index=models.Index(fields=["day"], name="daily_revenue_of_day"),
        ),
        migrations.AddConstraint(
            model_name="dailyrevenue",
            constraint=models.UniqueConstraint(
                fields=("tenant", "day", "currency", "shard"), name="daily_revenue_shard_once"
            ),
        ),
        immutable_tenant("payments_dailyrevenue"),
        KEEP,
    ]
