"""Keep the outbox of MQTT inside its tenants (guarantees, G6); what an event says is never rewritten."""

from django.db import migrations

from tenants.migration_operations import ForbidWhen, ImmutableTenant


class Migration(migrations.Migration):
    dependencies = [("mqtt", "0001_initial")]
    operations = [
        ImmutableTenant("mqtt_outgoingevent"),
        ForbidWhen(
            "mqtt_outgoingevent", "no_rewriting", "UPDATE OF id, event_type, body, ordering_key, sequence", "TRUE"
        ),
    ]
