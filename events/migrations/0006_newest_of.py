"""The journal of an entity, and of an actor, by index; an event that nobody caused is in no index of actors."""

from django.db import migrations, models
from django.db.models import F, Q

NEWEST_FIRST = (F("created_at").desc(), F("id").desc())


class Migration(migrations.Migration):
    dependencies = [("events", "0005_set_aside"), ("tenants", "0002_shared_pool")]
    operations = [
        migrations.RemoveIndex("auditevent", "event_by_entity"),
        migrations.AddIndex(
            "auditevent", models.Index(F("tenant"), F("entity_id"), *NEWEST_FIRST, name="event_newest_of_entity")
        ),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                F("tenant"),
                F("actor_id"),
                *NEWEST_FIRST,
                condition=Q(actor_id__isnull=False),
                name="event_newest_of_actor",
            ),
        ),
    ]
