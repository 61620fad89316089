"""Keep deliveries by month. That a message goes to an endpoint once is held within a month, and by the message's id."""

from django.db import migrations

from tenants.partition_operations import PartitionByMonth

ONCE = {"delivery_once_per_endpoint": "UNIQUE (endpoint_id, message_id)"}


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0008_message_keys")]
    operations = [PartitionByMonth("webhooks_delivery", local=ONCE)]
