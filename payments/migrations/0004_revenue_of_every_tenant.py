"""Let the triggers of revenue work whatever scope is open at the end of a transaction (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import RunStatements


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_daily_revenue")]
    operations = [
        RunStatements(
            {
                "postgresql": (
                    "ALTER FUNCTION payments_payment_revenue() SECURITY DEFINER SET search_path = public, pg_temp",
                ),
                "sqlite": (),
            },
            {
                "postgresql": ("ALTER FUNCTION payments_payment_revenue() SECURITY INVOKER RESET search_path",),
                "sqlite": (),
            },
        )
    ]
