"""How often the gateway was asked anew for a refund. Added by SQL: Django would rebuild SQLite's table, without its
triggers."""

from django.db import migrations, models

from tenants.migration_operations import statements

COLUMN = "refund_round smallint NOT NULL DEFAULT 0 CHECK (refund_round >= 0)"
ADD = f"ALTER TABLE payments_payment ADD COLUMN {COLUMN}"
DROP = "ALTER TABLE payments_payment DROP COLUMN refund_round"


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_walls"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                statements(
                    {
                        "postgresql": (ADD, "ALTER TABLE payments_payment ALTER COLUMN refund_round DROP DEFAULT"),
                        "sqlite": (ADD,),
                    },
                    {"postgresql": (DROP,), "sqlite": (DROP,)},
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="payment",
                    name="refund_round",
                    field=models.PositiveSmallIntegerField(default=0),
                )
            ],
        ),
    ]
