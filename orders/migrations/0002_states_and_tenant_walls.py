"""Keep orders inside their tenant and to the state table (guarantees, G3 and G6).

The steps are literal; a test compares the trigger with `orders.states`. The reason of a step can be removed (G22).
"""

from django.db import migrations

from tenants.migration_operations import ForbidWhen, ImmutableTenant, SameTenantKey, forbid_rewriting

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
        ImmutableTenant("orders_order"),
        SameTenantKey("orders_order", "pet_id", "pets_pet"),
        SameTenantKey("orders_order", "user_id", "accounts_user"),
        ForbidWhen("orders_order", "illegal_step", "UPDATE OF status", f"NEW.status <> OLD.status AND NOT ({KNOWN})"),
        ForbidWhen("orders_order", "no_delete", "DELETE", "TRUE"),
        SameTenantKey("orders_ordertransition", "order_id", "orders_order"),
        *forbid_rewriting(
            "orders_ordertransition", TRANSITION_COLUMNS, {"reason": "NEW.reason <> '' OR OLD.reason = ''"}
        ),
    ]
