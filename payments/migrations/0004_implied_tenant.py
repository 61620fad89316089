"""A payment's order is of its tenant: that the tenant exists need not be asked again. And nothing names a payment by
tenant and id, so that its id alone is its key; SQLite keeps that index, for it would rebuild the table."""

from django.db import migrations

from tenants.migration_operations import implied_tenant, statements
from tenants.scoping import tenant_key

KEY = "CONSTRAINT payment_tenant_id"
DROP = f"ALTER TABLE payments_payment DROP {KEY}"
ADD = f"ALTER TABLE payments_payment ADD {KEY} UNIQUE (tenant_id, id)"


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_refund_attempt")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                implied_tenant("payments_payment"),
                statements({"postgresql": (DROP,), "sqlite": ()}, {"postgresql": (ADD,), "sqlite": ()}),
            ],
            state_operations=[
                migrations.AlterField("payment", "tenant", tenant_key(is_implied=True)),
                migrations.RemoveConstraint("payment", "payment_tenant_id"),
            ],
        ),
    ]
