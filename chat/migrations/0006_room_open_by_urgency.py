"""Index rooms in the order of the back office's list, open ones alone."""

from django.db import migrations, models

from tenants.migration_operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0005_room_urgency_of_all")]
    operations = [
        AddIndexConcurrently(
            "room",
            models.Index(
                models.F("tenant"),
                models.F("waiting_since"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "OPEN")),
                name="room_open_by_urgency",
            ),
        ),
    ]
