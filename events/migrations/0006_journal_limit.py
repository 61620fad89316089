"""Prove that the journal's ids are of before that month."""

from django.db import migrations

from tenants.partition_operations import ValidateLimit


class Migration(migrations.Migration):
    dependencies = [("events", "0005_partition_functions")]
    operations = [ValidateLimit("events_auditevent")]
