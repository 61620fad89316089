"""Keep the journal by month; what is there becomes the first partition."""

from django.db import migrations

from tenants.partition_operations import PartitionByMonth


class Migration(migrations.Migration):
    dependencies = [("events", "0006_journal_limit")]
    operations = [PartitionByMonth("events_auditevent")]
