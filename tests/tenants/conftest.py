import pytest

from accounts.models import User
from accounts.services.sessions import open_login, renew
from events.sealing import seal_pending
from kernel.actor import SYSTEM
from payments.services.moving import cancel_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory, PetFactory
from tests.payments.paying import pay
from traffic.services import Answer, Once, answer_once


def stock(tenant: Tenant, customer: User) -> None:
    """Give the tenant a row in every tenant-owned table."""
    pet = PetFactory.create(tenant=tenant, photos=("https://example.com/rex.jpg",))
    order = OrderFactory.create(pet=pet, customer=customer)
    pay(order)
    with tenant_scope(tenant.id):
        cancel_order(order_id=order.id, actor=SYSTEM)
        renew(refresh_token=open_login(customer).refresh_token)
        answer_once(Once("somebody", "POST /orders", "key", b""), lambda: Answer(201, b"{}"))


@pytest.fixture
def two_shops(acme: Tenant, globex: Tenant, alice: User, charlie: User, sam: User, gina: User) -> None:
    """Acme and Globex with rows in every table; the journal is sealed up to the last event."""
    stock(acme, alice)
    stock(globex, charlie)
    seal_pending()
    PetFactory.create(tenant=acme)
    PetFactory.create(tenant=globex)
