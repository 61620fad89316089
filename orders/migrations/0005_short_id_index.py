"""Index the end of an order's id, by which people look for it.

It is not in the model's Meta: PostgreSQL gets a hash index, which costs a new order half of what a tree would (random
ends touch random pages), and SQLite knows trees only. SQLite loses it whenever a migration rebuilds the table: repeat
the operation there (a test notices).
"""

from django.db import migrations

from tenants.migration_operations import RunStatements

DROP = ("DROP INDEX order_short_end",)


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_anonymous_order_limit")]
    operations = [
        RunStatements(
            {
                "postgresql": ("CREATE INDEX order_short_end ON orders_order USING hash (right(id::text, 12))",),
                "sqlite": ("CREATE INDEX order_short_end ON orders_order (substr(id, -12))",),
            },
            {"postgresql": DROP, "sqlite": DROP},
        ),
    ]
