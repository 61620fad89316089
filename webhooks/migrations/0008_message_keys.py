"""Prove the foreign keys to messages."""

from django.db import migrations

from tenants.partition_operations import ValidateForeignKeys


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0007_messages_by_month")]
    operations = [ValidateForeignKeys("webhooks_message")]
