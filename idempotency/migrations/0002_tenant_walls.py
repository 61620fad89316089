"""Keep idempotency records inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [ImmutableTenant("idempotency_idempotencyrecord")]
