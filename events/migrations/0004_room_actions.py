"""Let the journal name support rooms and what becomes of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0003_oauth_actions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
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
                    ("ROOM_ASSIGNED", "Room Assigned"),
                    ("ROOM_CLOSED", "Room Closed"),
                    ("SECRET_REVEALED", "Secret Revealed"),
                ],
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="entity_type",
            field=models.CharField(
                choices=[
                    ("ORDERS", "Orders"),
                    ("USERS", "Users"),
                    ("PETS", "Pets"),
                    ("PAYMENTS", "Payments"),
                    ("TENANTS", "Tenants"),
                    ("WEBHOOKS", "Webhooks"),
                    ("APPLICATIONS", "Applications"),
                    ("ROOMS", "Rooms"),
                ],
                max_length=20,
            ),
        ),
    ]
