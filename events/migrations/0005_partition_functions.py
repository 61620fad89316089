"""Make the functions of partitions by month, and promise that the journal's ids are of before a coming month."""

from django.db import migrations

from tenants.partition_operations import CreatePartitionFunctions, LimitIds


class Migration(migrations.Migration):
    dependencies = [("events", "0004_room_actions")]
    operations = [CreatePartitionFunctions(), LimitIds("events_auditevent")]
