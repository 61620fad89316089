"""Keep idempotency records inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import immutable_tenant


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [immutable_tenant("idempotency_idempotencyrecord")]
