"""Tenancy and the state table held by the database itself (guarantees, G3 and G6).

The steps are written out: a migration is history. A test compares the trigger with `orders.states`.
"""

from django.db import migrations

from tenants.migration_operations import append_only, immutable_tenant, refuse, same_tenant

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


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("pets", "0002_walls"),
        ("accounts", "0002_walls"),
        ("tenants", "0002_shared_pool"),
    ]
    operations = [
        immutable_tenant("orders_order"),
        same_tenant("orders_order", "pet_id", "pets_pet"),
        same_tenant("orders_order", "user_id", "accounts_user"),
        refuse("orders_order", "illegal_step", "UPDATE OF status", f"NEW.status <> OLD.status AND NOT ({KNOWN})"),
        refuse("orders_order", "no_delete", "DELETE", "TRUE"),
        same_tenant("orders_ordertransition", "order_id", "orders_order"),
        *append_only("orders_ordertransition"),
    ]
