"""The shared pool is a tenant like any other, with a well-known id."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tenants.scoping import SHARED_POOL_ID


def create(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    tenant = apps.get_model("tenants", "Tenant")
    tenant.objects.get_or_create(pk=SHARED_POOL_ID, defaults={"name": "Shared pool", "slug": "shared-pool"})


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
