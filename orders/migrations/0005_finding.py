"""Orders are found by the end of their id, and those that have arrived lately by when they did.

The end is not in the model's Meta: PostgreSQL gets a hash index, which costs a new order half of what a tree would
(random ends touch random pages), and SQLite knows trees only. SQLite loses it whenever a migration rebuilds the
table: repeat the operation there (a test notices).
"""

from django.db import migrations, models

from tenants.migration_operations import statements

GONE = ("DROP INDEX order_short_end",)


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_tally_by_day")]
    operations = [
        migrations.AddIndex(
            "order",
            models.Index(
                models.F("tenant"),
                models.OrderBy(models.F("updated_at"), descending=True),
                condition=models.Q(("status", "DELIVERED")),
                name="order_delivered_lately",
            ),
        ),
        statements(
            {
                "postgresql": ("CREATE INDEX order_short_end ON orders_order USING hash (right(id::text, 12))",),
                "sqlite": ("CREATE INDEX order_short_end ON orders_order (substr(id, -12))",),
            },
            {"postgresql": GONE, "sqlite": GONE},
        ),
    ]
