"""Make the shop that is tried, and print its tenant and its pets: `python -m tests.cluster.shop RECEIVER PETS`."""

import json
import sys

import django

django.setup()

from public_events.event_types import EventType  # noqa: E402  # apps are loaded first
from tenants.models import Tenant  # noqa: E402
from tests.factories import PetFactory, TenantFactory  # noqa: E402
from tests.webhooks.conftest import subscribe_endpoint  # noqa: E402

HEARD = (EventType.ORDER_STATUS_CHANGED, EventType.PAYMENT_SUCCEEDED, EventType.PAYMENT_FAILED)

if __name__ == "__main__":
    shop = TenantFactory.create(access=Tenant.Access.OPEN)
    subscribe_endpoint(shop, sys.argv[1], *HEARD)
    pets = [str(PetFactory.create(tenant=shop).pk) for _ in range(int(sys.argv[2]))]
    sys.stdout.write(json.dumps({"tenant": str(shop.pk), "pets": pets}))
