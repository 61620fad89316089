"""Keep webhooks inside their tenant (guarantees, G6); messages and attempts are never rewritten."""

from django.db import migrations

from tenants.migration_operations import ForbidWhen, ImmutableTenant, SameTenantKey


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        ImmutableTenant("webhooks_endpoint"),
        ImmutableTenant("webhooks_message"),
        ImmutableTenant("webhooks_delivery"),
        ImmutableTenant("webhooks_attempt"),
        SameTenantKey("webhooks_delivery", "endpoint_id", "webhooks_endpoint"),
        SameTenantKey("webhooks_delivery", "message_id", "webhooks_message"),
        SameTenantKey("webhooks_attempt", "delivery_id", "webhooks_delivery"),
        ForbidWhen("webhooks_message", "no_update", "UPDATE", "TRUE"),
        ForbidWhen("webhooks_attempt", "no_update", "UPDATE", "TRUE"),
    ]
