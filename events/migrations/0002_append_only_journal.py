"""Make the journal append-only and keep it inside its tenant (guarantees, G6 and G16)."""

from django.db import migrations

from tenants.migration_operations import ForbidTruncate, ImmutableTenant, SameTenantKey, forbid_rewriting

EVENT_COLUMNS = ("id", "tenant_id", "action", "entity_type", "entity_id", "actor_id", "created_at")
LINK_COLUMNS = (
    "position", "event_id", "tenant_id", "digest", "key_id", "origin_digest", "free_text_digest", "sealed_at",
)  # fmt: skip
DETAILS_KEEP_ALL_BUT_FREE_TEXT = {
    "postgresql": "NEW.details IS DISTINCT FROM OLD.details - 'reason' - 'by_other_means' OR NEW.details = OLD.details",
    "sqlite": (
        "NEW.details IS NOT json_remove(OLD.details, '$.reason', '$.by_other_means') OR NEW.details = OLD.details"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        ImmutableTenant("events_pendingevent"),
        SameTenantKey("events_pendingevent", "event_id", "events_auditevent"),
        SameTenantKey("events_chainlink", "event_id", "events_auditevent"),
        *forbid_rewriting(
            "events_chainlink",
            LINK_COLUMNS,
            {name: f"NEW.{name} <> '' OR OLD.{name} = ''" for name in ("origin_salt", "free_text_salt")},
        ),
        *forbid_rewriting(
            "events_auditevent",
            EVENT_COLUMNS,
            {
                "ip_address": "NEW.ip_address IS NOT NULL OR OLD.ip_address IS NULL",
                "request_id": "NEW.request_id <> '' OR OLD.request_id = ''",
                "details": DETAILS_KEEP_ALL_BUT_FREE_TEXT,
            },
        ),
        *map(ForbidTruncate, ("events_auditevent", "events_chainlink", "events_pendingevent")),
    ]
