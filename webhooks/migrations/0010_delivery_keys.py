"""Prove the foreign keys to deliveries."""

from django.db import migrations

from tenants.partition_operations import ValidateForeignKeys


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0009_deliveries_by_month")]
    operations = [ValidateForeignKeys("webhooks_delivery")]
