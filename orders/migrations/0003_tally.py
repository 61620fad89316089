"""A count of each tenant's orders that costs nothing to read, however many there are."""

import django.db.models.deletion
from django.db import migrations, models

from tenants.migration_operations import immutable_tenant, statements

ADD = """INSERT INTO orders_ordertally (tenant_id, shard, counted)
    {rows} ON CONFLICT (tenant_id, shard) DO UPDATE SET counted = orders_ordertally.counted + excluded.counted"""
BY_CONNECTION = "SELECT tenant_id, pg_backend_pid() % 64, count(*) FROM added GROUP BY tenant_id"

COUNT = statements(
    {
        "postgresql": (
            (
                "CREATE FUNCTION orders_order_tally() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"{ADD.format(rows=BY_CONNECTION)}; RETURN NULL; END $$"
            ),
            (
                "CREATE TRIGGER orders_order_tally AFTER INSERT ON orders_order REFERENCING NEW TABLE AS added "
                "FOR EACH STATEMENT EXECUTE FUNCTION orders_order_tally()"
            ),
            ADD.format(rows="SELECT tenant_id, 0, count(*) FROM orders_order WHERE TRUE GROUP BY tenant_id"),
        ),
        "sqlite": (
            (
                "CREATE TRIGGER orders_order_tally AFTER INSERT ON orders_order BEGIN "
                f"{ADD.format(rows='VALUES (NEW.tenant_id, 0, 1)')}; END"
            ),
            ADD.format(rows="SELECT tenant_id, 0, count(*) FROM orders_order WHERE TRUE GROUP BY tenant_id"),
        ),
    },
    {
        "postgresql": ("DROP TRIGGER orders_order_tally ON orders_order", "DROP FUNCTION orders_order_tally()"),
        "sqlite": ("DROP TRIGGER orders_order_tally",),
    },
)


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_walls"), ("tenants", "0002_shared_pool")]
    operations = [
        migrations.CreateModel(
            name="OrderTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shard", models.PositiveSmallIntegerField()),
                ("counted", models.PositiveBigIntegerField()),
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
        migrations.AddConstraint(
            model_name="ordertally",
            constraint=models.UniqueConstraint(fields=("tenant", "shard"), name="tally_shard_once"),
        ),
        immutable_tenant("orders_ordertally"),
        COUNT,
    ]
