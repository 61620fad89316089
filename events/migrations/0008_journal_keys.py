"""Prove the foreign keys to the journal."""

from django.db import migrations

from tenants.partition_operations import ValidateForeignKeys


class Migration(migrations.Migration):
    dependencies = [("events", "0007_journal_by_month")]
    operations = [ValidateForeignKeys("events_auditevent")]
