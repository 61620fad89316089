"""Keep webhooks inside their tenant (guarantees, G6); messages and attempts are never rewritten."""

from django.db import migrations

from tenants.migration_operations import immutable_tenant, refuse, same_tenant


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        immutable_tenant("webhooks_endpoint"),
        immutable_tenant("webhooks_message"),
        immutable_tenant("webhooks_delivery"),
        immutable_tenant("webhooks_attempt"),
        same_tenant("webhooks_delivery", "endpoint_id", "webhooks_endpoint"),
        same_tenant("webhooks_delivery", "message_id", "webhooks_message"),
        same_tenant("webhooks_attempt", "delivery_id", "webhooks_delivery"),
        refuse("webhooks_message", "no_update", "UPDATE", "TRUE"),
        refuse("webhooks_attempt", "no_update", "UPDATE", "TRUE"),
    ]
