"""Index rooms in the order of the back office's list, over all tenants, for whoever works in several."""

from django.db import migrations, models

from tenants.migration_operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0004_room_walls")]
    operations = [
        AddIndexConcurrently(
            "room",
            models.Index(
                models.F("waiting_since"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="room_urgency_of_all",
            ),
        ),
    ]
