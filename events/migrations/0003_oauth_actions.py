"""Let the journal name applications and consents; the names of things may be longer."""

from django.db import migrations, models

from tenants.migration_operations import RunStatements

ACTIONS = (
    ("ORDER_CREATED", "Order Created"),
    ("ORDER_STATUS_CHANGED", "Order Status Changed"),
    ("ORDER_CANCELLED", "Order Cancelled"),
    ("ORDERS_EXPORTED", "Orders Exported"),
    ("PAYMENT_SUCCEEDED", "Payment Succeeded"),
    ("PAYMENT_FAILED", "Payment Failed"),
    ("PAYMENT_CANCELLED", "Payment Cancelled"),
    ("PAYMENT_REFUNDED", "Payment Refunded"),
    ("REFUND_REFUSED", "Refund Refused"),
    ("PAYER_ERASED", "Payer Erased"),
    ("USER_CREATED", "User Created"),
    ("USER_UPDATED", "User Updated"),
    ("USER_STATUS_CHANGED", "User Status Changed"),
    ("USER_DELETED", "User Deleted"),
    ("LOGIN_FAILED", "Login Failed"),
    ("PET_CREATED", "Pet Created"),
    ("PET_UPDATED", "Pet Updated"),
    ("PET_STATUS_CHANGED", "Pet Status Changed"),
    ("PET_DELETED", "Pet Deleted"),
    ("TENANT_CREATED", "Tenant Created"),
    ("TENANT_UPDATED", "Tenant Updated"),
    ("MEMBER_ADDED", "Member Added"),
    ("MEMBER_REMOVED", "Member Removed"),
    ("WEBHOOK_CREATED", "Webhook Created"),
    ("WEBHOOK_UPDATED", "Webhook Updated"),
    ("WEBHOOK_PAUSED", "Webhook Paused"),
    ("WEBHOOK_DELETED", "Webhook Deleted"),
    ("DELIVERY_REDELIVERED", "Delivery Redelivered"),
    ("APPLICATION_CREATED", "Application Created"),
    ("APPLICATION_UPDATED", "Application Updated"),
    ("APPLICATION_PAUSED", "Application Paused"),
    ("APPLICATION_DELETED", "Application Deleted"),
    ("CONSENT_GRANTED", "Consent Granted"),
    ("CONSENT_WITHDRAWN", "Consent Withdrawn"),
    ("SECRET_REVEALED", "Secret Revealed"),
)
ENTITY_TYPES = (
    ("ORDERS", "Orders"),
    ("USERS", "Users"),
    ("PETS", "Pets"),
    ("PAYMENTS", "Payments"),
    ("TENANTS", "Tenants"),
    ("WEBHOOKS", "Webhooks"),
    ("APPLICATIONS", "Applications"),
)
TRIGGER = (
    "CREATE TRIGGER events_auditevent_no_update "
    "BEFORE UPDATE OF id, tenant_id, action, entity_type, entity_id, actor_id, created_at ON events_auditevent "
    "FOR EACH ROW WHEN (TRUE) EXECUTE FUNCTION events_auditevent_no_update()"
)
"""PostgreSQL changes no column that a trigger names. SQLite knows no lengths."""


def _change_length(length: int) -> tuple[str, ...]:
    return (
        "DROP TRIGGER events_auditevent_no_update ON events_auditevent",
        f"ALTER TABLE events_auditevent ALTER COLUMN entity_type TYPE varchar({length})",
        TRIGGER,
    )


class Migration(migrations.Migration):
    dependencies = [("events", "0002_append_only_journal")]
    operations = [
        migrations.AlterField("auditevent", "action", models.CharField(max_length=40, choices=ACTIONS)),
        migrations.SeparateDatabaseAndState(
            [
                RunStatements(
                    {"postgresql": _change_length(20), "sqlite": ()}, {"postgresql": _change_length(10), "sqlite": ()}
                )
            ],
            [migrations.AlterField("auditevent", "entity_type", models.CharField(max_length=20, choices=ENTITY_TYPES))],
        ),
    ]
