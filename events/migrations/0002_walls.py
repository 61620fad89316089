"""The journal is append-only and inside its tenant (guarantees, G6 and G16)."""

from django.db import migrations

from tenants.migration_operations import append_only, immutable_tenant, same_tenant


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        *append_only("events_event"),
        *append_only("events_seal"),
        immutable_tenant("events_pendingevent"),
        same_tenant("events_pendingevent", "event_id", "events_event"),
        same_tenant("events_seal", "event_id", "events_event"),
    ]
