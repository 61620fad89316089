"""The queues' indexes fit statements whose parameters the database does not look at, and the failed are counted."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_walls")]
    operations = [
        migrations.RemoveIndex("delivery", "delivery_due"),
        migrations.RemoveIndex("delivery", "delivery_unfinished"),
        migrations.AddIndex(
            "delivery",
            models.Index(fields=["endpoint", "due_at"], condition=Q(due_at__isnull=False), name="delivery_due"),
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["endpoint", "ordering_key", "sequence"],
                condition=Q(settled_at__isnull=True),
                name="delivery_unfinished",
            ),
        ),
        migrations.AddIndex(
            "delivery", models.Index(fields=["endpoint"], condition=Q(status="FAILED"), name="delivery_failed")
        ),
    ]
