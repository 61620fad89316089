"""Keep pets and photos inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant, SameTenantKey


class Migration(migrations.Migration):
    dependencies = [("pets", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        ImmutableTenant("pets_pet"),
        ImmutableTenant("pets_petphoto"),
        SameTenantKey("pets_petphoto", "pet_id", "pets_pet"),
    ]
