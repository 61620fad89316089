"""Keep messages by month."""

from django.db import migrations

from tenants.partition_operations import PartitionByMonth


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0006_proven_limits")]
    operations = [PartitionByMonth("webhooks_message")]
