"""How often the gateway was asked anew for a refund. Added by SQL: Django would rebuild SQLite's table, without its
triggers."""

from django.db import migrations, models

from tenants.migration_operations import statements

COLUMN = "refund_attempt smallint NOT NULL DEFAULT 0 CHECK (refund_attempt >= 0)"
ADD = f"ALTER TABLE payments_payment ADD COLUMN {COLUMN}"
DROP = "ALTER TABLE payments_payment DROP COLUMN refund_attempt"


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_walls"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                statements(
                    {
                        "postgresql": (ADD, "ALTER TABLE payments_payment ALTER COLUMN refund_attempt DROP DEFAULT"),
                        "sqlite": (ADD,),
                    },
                    {"postgresql": (DROP,), "sqlite": (DROP,)},
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="payment",
                    name="refund_attempt",
                    field=models.PositiveSmallIntegerField(default=0),
                )
            ],
        ),
    ]
