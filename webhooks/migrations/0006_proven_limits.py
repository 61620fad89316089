"""Prove that they are."""

from django.db import migrations

from tenants.partition_operations import ValidateLimit


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0005_attempt_limit")]
    operations = [
        ValidateLimit("webhooks_message"),
        ValidateLimit("webhooks_delivery"),
        ValidateLimit("webhooks_attempt"),
    ]
