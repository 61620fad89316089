"""Promise that the ids of deliveries are of before a coming month."""

from django.db import migrations

from tenants.partition_operations import LimitIds


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_message_limit")]
    operations = [LimitIds("webhooks_delivery")]
