"""Keep payments inside their tenant (guarantees, G6) and their amounts as they are."""

from django.db import migrations

from tenants.migration_operations import immutable_tenant, refuse, same_tenant


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("orders", "0002_states_and_tenant_walls")]
    operations = [
        immutable_tenant("payments_payment"),
        same_tenant("payments_payment", "order_id", "orders_order"),
        refuse("payments_payment", "no_delete", "DELETE", "TRUE"),
        refuse(
            "payments_payment",
            "same_money",
            "UPDATE",
            "NEW.amount <> OLD.amount OR NEW.currency <> OLD.currency OR NEW.order_id <> OLD.order_id",
        ),
    ]
