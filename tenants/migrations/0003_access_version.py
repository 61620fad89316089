"""Count the changes that decide who may enter a tenant (guarantees, G12)."""

from django.db import migrations, models

from tenants.migration_operations import RunStatements

RAISE_WITH_TENANT = """
    CREATE FUNCTION tenants_tenant_access_version() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.access_version := OLD.access_version + 1; RETURN NEW; END $$
"""
WITH_TENANT = """
    CREATE TRIGGER tenants_tenant_access_version BEFORE UPDATE OF status, access ON tenants_tenant FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.access IS DISTINCT FROM NEW.access)
    EXECUTE FUNCTION tenants_tenant_access_version()
"""
RAISE_WITH_ACCOUNT = """
    CREATE FUNCTION tenants_raise_access_version() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        UPDATE tenants_tenant SET access_version = access_version + 1 WHERE id = OLD.tenant_id;
        RETURN NULL;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_shared_pool")]
    operations = [
        migrations.AddField(
            model_name="tenant",
            name="access_version",
            field=models.PositiveBigIntegerField(db_default=1, default=1, editable=False),
        ),
        RunStatements(
            {"postgresql": (RAISE_WITH_TENANT, WITH_TENANT, RAISE_WITH_ACCOUNT), "sqlite": ()},
            {
                "postgresql": (
                    "DROP FUNCTION tenants_raise_access_version()",
                    "DROP TRIGGER tenants_tenant_access_version ON tenants_tenant",
                    "DROP FUNCTION tenants_tenant_access_version()",
                ),
                "sqlite": (),
            },
        ),
    ]
