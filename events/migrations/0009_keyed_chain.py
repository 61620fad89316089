"""Links of the hash chain are made with a key; what must not be kept for ever can be removed; nobody truncates (G16).

The chain of before was made without a key: it is made anew by the next migration, in the same order.
"""

import django.db.models.deletion
from django.db import migrations, models

from tenants.migration_operations import allow, refuse_truncate, same_tenant, statements, written_once

KEEP_THE_ORDER = "CREATE TABLE events_chainlink_before AS SELECT position, event_id, sealed_at FROM events_chainlink"
LASTING = ("id", "tenant_id", "action", "entity_type", "entity_id", "actor_id", "created_at")
WITHOUT_WORDS = {
    "postgresql": "NEW.details IS DISTINCT FROM OLD.details - 'reason' - 'by_other_means' OR NEW.details = OLD.details",
    "sqlite": (
        "NEW.details IS NOT json_remove(OLD.details, '$.reason', '$.by_other_means') OR NEW.details = OLD.details"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("events", "0008_implied_tenant")]
    operations = [
        statements({"postgresql": (KEEP_THE_ORDER,), "sqlite": (KEEP_THE_ORDER,)}, {"postgresql": (), "sqlite": ()}),
        allow("events_chainlink", "no_update"),
        allow("events_chainlink", "no_delete"),
        migrations.DeleteModel("ChainLink"),
        migrations.CreateModel(
            name="ChainLink",
            fields=[
                ("position", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("key_id", models.CharField(max_length=16)),
                ("origin_salt", models.CharField(blank=True, max_length=32)),
                ("origin_digest", models.CharField(blank=True, max_length=64)),
                ("free_text_salt", models.CharField(blank=True, max_length=32)),
                ("free_text_digest", models.CharField(blank=True, max_length=64)),
                ("sealed_at", models.DateTimeField()),
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chain_link",
                        to="events.auditevent",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("origin_salt", ""), _negated=True),
                        fields=["position"],
                        name="chain_link_with_origin",
                    )
                ],
            },
        ),
        same_tenant("events_chainlink", "event_id", "events_auditevent"),
        *written_once(
            "events_chainlink",
            (
                "position",
                "event_id",
                "tenant_id",
                "digest",
                "key_id",
                "origin_digest",
                "free_text_digest",
                "sealed_at",
            ),
            {name: f"NEW.{name} <> '' OR OLD.{name} = ''" for name in ("origin_salt", "free_text_salt")},
        ),
        allow("events_auditevent", "no_update"),
        allow("events_auditevent", "no_delete"),
        *written_once(
            "events_auditevent",
            LASTING,
            {
                "ip_address": "NEW.ip_address IS NOT NULL OR OLD.ip_address IS NULL",
                "request_id": "NEW.request_id <> '' OR OLD.request_id = ''",
                "details": WITHOUT_WORDS,
            },
        ),
        *map(refuse_truncate, ("events_auditevent", "events_chainlink", "events_pendingevent")),
    ]
