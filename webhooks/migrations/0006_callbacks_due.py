"""Due callbacks are found by their time, whoever's they are. Deliveries can be many: nobody waits for the index."""

from django.db import migrations, models
from django.db.models import Q

from tenants.migration_operations import statements

ON = " ON webhooks_delivery (due_at) WHERE due_at IS NOT NULL AND host IS NOT NULL"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("webhooks", "0005_callback_hosts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                statements(
                    {
                        "postgresql": (
                            "DROP INDEX CONCURRENTLY IF EXISTS delivery_callback_due",
                            f"CREATE INDEX CONCURRENTLY delivery_callback_due{ON}",
                        ),
                        "sqlite": (f"CREATE INDEX delivery_callback_due{ON}",),
                    },
                    {
                        "postgresql": ("DROP INDEX CONCURRENTLY delivery_callback_due",),
                        "sqlite": ("DROP INDEX delivery_callback_due",),
                    },
                )
            ],
            state_operations=[
                migrations.AddIndex(
                    "delivery",
                    models.Index(
                        fields=["due_at"],
                        condition=Q(due_at__isnull=False, host__isnull=False),
                        name="delivery_callback_due",
                    ),
                )
            ],
        )
    ]
