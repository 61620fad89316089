"""A to-do row's event is of its tenant: that the tenant exists need not be asked again."""

from django.db import migrations

from tenants.migration_operations import implied_tenant
from tenants.scoping import tenant_key


class Migration(migrations.Migration):
    dependencies = [("events", "0007_newest_of_action")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[implied_tenant("events_pendingevent")],
            state_operations=[migrations.AlterField("pendingevent", "tenant", tenant_key(is_implied=True))],
        ),
    ]
