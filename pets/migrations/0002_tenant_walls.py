"""Keep pets and photos inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import immutable_tenant, same_tenant


class Migration(migrations.Migration):
    dependencies = [("pets", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        immutable_tenant("pets_pet"),
        immutable_tenant("pets_petphoto"),
        same_tenant("pets_petphoto", "pet_id", "pets_pet"),
    ]
