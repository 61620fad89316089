"""The journal by action, by index."""

from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    dependencies = [("events", "0006_newest_of"), ("tenants", "0002_shared_pool")]
    operations = [
        migrations.AddIndex(
            "auditevent",
            models.Index(
                F("tenant"), F("action"), F("created_at").desc(), F("id").desc(), name="event_newest_of_action"
            ),
        ),
    ]
