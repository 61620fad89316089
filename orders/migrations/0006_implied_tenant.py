"""An order's pet, and a step's order, are of its tenant: that the tenant exists need not be asked again for each. And a
step writes its two lines of the tally at once, the old status still before the new one."""

import importlib

from django.db import migrations

from tenants.migration_operations import implied_tenant, statements
from tenants.scoping import tenant_key

tally = importlib.import_module("orders.migrations.0004_tally_by_day")
LINE = "({row}.status, {row}.currency, " + tally.pg_day("{row}.") + ")"
BOTH = tally.SUM.format(rows=f"VALUES {tally.pg_line('OLD', '-')}, {tally.pg_line('NEW')}")
MOVED = f"""IF {LINE.format(row="OLD")} = {LINE.format(row="NEW")} THEN {tally.MOVED};
    ELSE {BOTH}; END IF;"""
NAME = "orders_order_tally_moved"


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_finding")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                implied_tenant("orders_order"),
                implied_tenant("orders_ordertransition"),
                statements(
                    {"postgresql": (tally.function(NAME, MOVED),), "sqlite": ()},
                    {"postgresql": (tally.function(NAME, f"{tally.MOVED};"),), "sqlite": ()},
                ),
            ],
            state_operations=[
                migrations.AlterField("order", "tenant", tenant_key(is_implied=True)),
                migrations.AlterField("ordertransition", "tenant", tenant_key(is_implied=True)),
            ],
        ),
    ]
