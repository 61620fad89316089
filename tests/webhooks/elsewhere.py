"""What the tests have done in processes of their own, as their programs name it."""

from django.core.management import call_command

from tenants.models import Tenant
from tests.factories import OrderFactory, TenantFactory
from tests.webhooks.conftest import subscribe
from webhooks.models import EventType


def open_and_sell(url: str) -> None:
    """Migrate, and sell a pet in a shop that has an endpoint there."""
    call_command("migrate", interactive=False, verbosity=0)
    shop: Tenant = TenantFactory.create()
    subscribe(shop, url, *EventType.values)
    OrderFactory.create(tenant=shop)
