"""Keep each day's payments less its refunds, by triggers.

PostgreSQL writes the totals when a transaction commits: whatever it did before, it locks the totals of orders first and
then these, so that two writers never wait for each other in a circle; and shared rows are locked for a moment only.
"""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant, RunStatements

ADD_TO_DAY = """INSERT INTO payments_dailyrevenue (tenant_id, day, currency, shard, payments, cents)
    {row} ON CONFLICT (tenant_id, day, currency, shard)
    DO UPDATE SET payments = payments_dailyrevenue.payments + excluded.payments,
                  cents = payments_dailyrevenue.cents + excluded.cents"""
IS_KEPT = "({row}.status = 'SUCCEEDED' AND {row}.refund_requested_at IS NULL)"
NEW_IS_KEPT, OLD_IS_KEPT = IS_KEPT.format(row="NEW"), IS_KEPT.format(row="OLD")
SIGN = f"CASE WHEN {NEW_IS_KEPT} THEN 1 ELSE -1 END"
ROW = ADD_TO_DAY.format(
    row="SELECT NEW.tenant_id, (NEW.created_at AT TIME ZONE 'UTC')::date, NEW.currency, pg_backend_pid() % 8, "
    "sign, sign * (NEW.amount * 100)::bigint WHERE TRUE"
)
SQLITE_ROW = ADD_TO_DAY.format(
    row="SELECT NEW.tenant_id, substr(NEW.created_at, 1, 10), NEW.currency, 0, "
    f"{SIGN}, {SIGN} * CAST(round(NEW.amount * 100) AS INTEGER) WHERE TRUE"
)
CONDITIONS = {"INSERT": NEW_IS_KEPT, "UPDATE": f"{OLD_IS_KEPT} <> {NEW_IS_KEPT}"}
NAMES = {event: f"payments_payment_revenue_{event.lower()}" for event in CONDITIONS}

FUNCTION = (
    "CREATE FUNCTION payments_payment_revenue() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"DECLARE sign integer := {SIGN}; BEGIN {ROW}; RETURN NULL; END $$"
)
CREATE = {
    "postgresql": (
        FUNCTION,
        *(
            f"CREATE CONSTRAINT TRIGGER {NAMES[event]} AFTER {event} ON payments_payment DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION payments_payment_revenue()"
            for event, condition in CONDITIONS.items()
        ),
    ),
    "sqlite": tuple(
        f"CREATE TRIGGER {NAMES[event]} AFTER {event} ON payments_payment WHEN {condition} BEGIN {SQLITE_ROW}; END"
        for event, condition in CONDITIONS.items()
    ),
}
DROP = {
    "postgresql": (
        *(f"DROP TRIGGER {name} ON payments_payment" for name in NAMES.values()),
        "DROP FUNCTION payments_payment_revenue()",
    ),
    "sqlite": tuple(f"DROP TRIGGER {name}" for name in NAMES.values()),
}


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_tenant_walls")]
    operations = [ImmutableTenant("payments_dailyrevenue"), RunStatements(CREATE, DROP)]
