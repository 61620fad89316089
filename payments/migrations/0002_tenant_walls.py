"""Keep payments inside their tenant (guarantees, G6) and their amounts as they are."""

from django.db import migrations

from tenants.migration_operations import ForbidWhen, ImmutableTenant, SameTenantKey


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("orders", "0002_states_and_tenant_walls")]
    operations = [
        ImmutableTenant("payments_payment"),
        SameTenantKey("payments_payment", "order_id", "orders_order"),
        ForbidWhen("payments_payment", "no_delete", "DELETE", "TRUE"),
        ForbidWhen(
            "payments_payment",
            "same_money",
            "UPDATE",
            "NEW.amount <> OLD.amount OR NEW.currency <> OLD.currency OR NEW.order_id <> OLD.order_id",
        ),
    ]
