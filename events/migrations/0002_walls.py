"""The journal is append-only and inside its tenant (guarantees, G6 and G16)."""

from django.db import migrations

from tenants.migration_operations import append_only, immutable_tenant, same_tenant


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        *append_only("events_auditevent"),
        *append_only("events_chainlink"),
        immutable_tenant("events_pendingevent"),
        same_tenant("events_pendingevent", "event_id", "events_auditevent"),
        same_tenant("events_chainlink", "event_id", "events_auditevent"),
    ]
