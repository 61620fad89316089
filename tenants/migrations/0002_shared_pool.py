"""The shared pool is a tenant like any other, with a well-known id."""

from datetime import UTC, datetime

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tenants.scoping import SHARED_POOL_ID


def create(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    tenant = apps.get_model("tenants", "Tenant")
    at = datetime.now(UTC).replace(microsecond=0)
    shared_pool = {"name": "Shared pool", "slug": "shared-pool", "created_at": at, "updated_at": at}
    tenant.objects.get_or_create(pk=SHARED_POOL_ID, defaults=shared_pool)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
