"""An order's pet, and a step's order, are of its tenant: that the tenant exists need not be asked again for each."""

from django.db import migrations

from tenants.scoping import tenant_key
from tenants.walls import implied_tenant


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_finding")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[implied_tenant("orders_order"), implied_tenant("orders_ordertransition")],
            state_operations=[
                migrations.AlterField("order", "tenant", tenant_key(is_implied=True)),
                migrations.AlterField("ordertransition", "tenant", tenant_key(is_implied=True)),
            ],
        ),
    ]
