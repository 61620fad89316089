"""Promise that the ids of the deliveries of attempts are of before a coming month."""

from django.db import migrations

from tenants.partition_operations import LimitIds


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0004_delivery_limit")]
    operations = [LimitIds("webhooks_attempt", key="delivery_id")]
