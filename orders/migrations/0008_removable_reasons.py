"""The reason of a step can be removed, as whoever is erased has a right to; the rest of it stays as it is (G22)."""

from django.db import migrations

from tenants.migration_operations import allow, written_once

LASTING = ("id", "tenant_id", "order_id", "from_status", "to_status", '"by"', "at")


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_anonymous_reservations")]
    operations = [
        allow("orders_ordertransition", "no_update"),
        allow("orders_ordertransition", "no_delete"),
        *written_once("orders_ordertransition", LASTING, {"reason": "NEW.reason <> '' OR OLD.reason = ''"}),
    ]
