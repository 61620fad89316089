"""Promise that the ids of messages are of before a coming month."""

from django.db import migrations

from tenants.partition_operations import LimitIds


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_tenant_walls"), ("events", "0005_partition_functions")]
    operations = [LimitIds("webhooks_message")]
