"""Keep support rooms inside their tenant (guarantees, G6), and a message as it was sent."""

from django.db import migrations

from tenants.migration_operations import ForbidWhen, ImmutableTenant, SameTenantKey

FIXED = ("id", "room_id", "number", "sender_id", "role", "sent_at")
REWRITTEN = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in FIXED)
BLANKABLE = " OR ".join(f"(NEW.{column} <> OLD.{column} AND NEW.{column} <> '')" for column in ("text", "sender_name"))
RENAMED = "(NEW.client_id <> OLD.client_id AND NEW.text <> '')"  # a blanked message has no id of its sender's own


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_rooms"),
        ("accounts", "0002_tenant_walls"),
        ("tenants", "0002_shared_pool"),
    ]
    operations = [
        *(ImmutableTenant(f"chat_{name}") for name in ("room", "roommessage", "roomreading")),
        SameTenantKey("chat_room", "customer_id", "accounts_user"),
        SameTenantKey("chat_roommessage", "room_id", "chat_room"),
        SameTenantKey("chat_roomreading", "room_id", "chat_room"),
        ForbidWhen("chat_roommessage", "same_message", "UPDATE", f"{REWRITTEN} OR {BLANKABLE} OR {RENAMED}"),
        ForbidWhen("chat_room", "stays_closed", "UPDATE", "OLD.status = 'CLOSED' AND NEW.status <> 'CLOSED'"),
    ]
