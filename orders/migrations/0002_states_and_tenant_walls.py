"""Keep orders inside their tenant and to the state table (guarantees, G3 and G6).

The steps are literal; a test compares the trigger with `orders.states`. The reason of a step can be removed (G22).
"""

from django.db import migrations

from tenants.migration_operations import immutable_tenant, refuse, same_tenant, written_once

STEPS = (
    ("PLACED", "APPROVED"),
    ("APPROVED", "SHIPPED"),
    ("SHIPPED", "DELIVERED"),
    ("PLACED", "CANCELLED"),
    ("APPROVED", "CANCELLED"),
    ("SHIPPED", "CANCELLED"),
    ("DELIVERED", "CANCELLED"),
)
KNOWN = " OR ".join(f"(OLD.status = '{old}' AND NEW.status = '{new}')" for old, new in STEPS)

TRANSITION_COLUMNS = ("id", "tenant_id", "order_id", "from_status", "to_status", '"by"', "at")


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("pets", "0002_tenant_walls"),
        ("accounts", "0002_tenant_walls"),
        ("tenants", "0002_shared_pool"),
    ]
    operations = [
        immutable_tenant("orders_order"),
        same_tenant("orders_order", "pet_id", "pets_pet"),
        same_tenant("orders_order", "user_id", "accounts_user"),
        refuse("orders_order", "illegal_step", "UPDATE OF status", f"NEW.status <> OLD.status AND NOT ({KNOWN})"),
        refuse("orders_order", "no_delete", "DELETE", "TRUE"),
        same_tenant("orders_ordertransition", "order_id", "orders_order"),
        *written_once("orders_ordertransition", TRANSITION_COLUMNS, {"reason": "NEW.reason <> '' OR OLD.reason = ''"}),
    ]
