"""A payment's order is of its tenant: that the tenant exists need not be asked again."""

from django.db import migrations

from tenants.scoping import tenant_key
from tenants.walls import implied_tenant


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_refund_round")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[implied_tenant("payments_payment")],
            state_operations=[migrations.AlterField("payment", "tenant", tenant_key(is_implied=True))],
        ),
    ]
