"""Create the shared pool: a tenant like any other, with a well-known id (contract, Tenancy)."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SHARED_POOL_ID = UUID("00000000-0000-0000-0000-000000000001")


def create_shared_pool(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    tenant = apps.get_model("tenants", "Tenant")
    at = datetime.now(UTC).replace(microsecond=0)
    shared_pool = {"name": "Shared pool", "slug": "shared-pool", "created_at": at, "updated_at": at}
    tenant.objects.get_or_create(pk=SHARED_POOL_ID, defaults=shared_pool)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunPython(create_shared_pool, migrations.RunPython.noop)]
