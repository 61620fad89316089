"""Keep the counts of consultations inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]
    operations = [ImmutableTenant("chat_dailyconsultations")]
