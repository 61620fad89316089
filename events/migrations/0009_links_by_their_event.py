"""Let a link's tenant follow from its event: the composite key names an event of the same tenant.

The database looked the tenant up once more for every event that was sealed. SQLite keeps its key, for
it would make the table anew.
"""

import django.db.models.deletion
from django.db import migrations, models

from tenants.migration_operations import RunStatements

NAME = """SELECT conname FROM pg_constraint WHERE conrelid = 'events_chainlink'::regclass
    AND confrelid = 'tenants_tenant'::regclass"""
DROP = f"""DO $$ DECLARE name text; BEGIN FOR name IN {NAME} LOOP
    EXECUTE format('ALTER TABLE events_chainlink DROP CONSTRAINT %I', name); END LOOP; END $$"""
ADD = """ALTER TABLE events_chainlink ADD CONSTRAINT events_chainlink_tenant_id_fk_tenants_tenant_id
    FOREIGN KEY (tenant_id) REFERENCES tenants_tenant (id) DEFERRABLE INITIALLY DEFERRED"""
FORWARDS = {"postgresql": (DROP,), "sqlite": ()}
BACKWARDS = {"postgresql": (ADD,), "sqlite": ()}


class Migration(migrations.Migration):
    dependencies = [("events", "0008_journal_keys")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[RunStatements(FORWARDS, BACKWARDS)],
            state_operations=[
                migrations.AlterField(
                    model_name="chainlink",
                    name="tenant",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                )
            ],
        )
    ]
