"""A closed account leaves its payments in the books, but nobody's name on them."""

import pytest

from accounts.models import User
from erasure.services import erase_user
from events.models import AuditEvent
from kernel.actor import SYSTEM
from kernel.errors import StaleVersion
from orders.models import Order
from payments.models import Payment
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory
from tests.payments.paying import pay
from tests.payments.sources import ADDRESS, bank_account, card, parsed
from tests.snapshots import snapshot

PERSON = ("Ada Lovelace", ADDRESS["city"], ADDRESS["postalCode"])


@pytest.fixture
def paid(acme: Tenant, alice: User) -> list[Payment]:
    """Alice's, by card and from her account."""
    sources = [card(billingAddress=ADDRESS), bank_account()]
    orders: list[Order] = [OrderFactory.create(pet=PetFactory.create(tenant=acme), customer=alice) for _ in sources]
    return [pay(order, source=parsed(source)) for order, source in zip(orders, sources, strict=True)]


def test_who_paid_is_erased_with_the_account_and_the_rest_stays(
    in_acme: Tenant, alice: User, paid: list[Payment]
) -> None:
    assert all(word in str(snapshot()["payments_payment"]) for word in PERSON)
    erase_user(user_id=alice.id, actor=SYSTEM)
    assert not any(word in str(snapshot()["payments_payment"]) for word in PERSON)
    kept = [(one.id, one.status, one.amount, one.source["last4"]) for one in Payment.objects.order_by("id")]
    assert kept == [(one.id, "SUCCEEDED", one.amount, one.source["last4"]) for one in paid]


def test_what_others_paid_stays_as_it_is(in_acme: Tenant, alice: User, bob: User, paid: list[Payment]) -> None:
    theirs = pay(OrderFactory.create(pet=PetFactory.create(tenant=in_acme), customer=bob))
    erase_user(user_id=alice.id, actor=SYSTEM)
    assert Payment.objects.get(pk=theirs.pk).source == theirs.source


@pytest.mark.usefixtures("paid")
def test_a_refused_closing_erases_nothing(in_acme: Tenant, alice: User) -> None:
    before = snapshot()
    with pytest.raises(StaleVersion):
        erase_user(user_id=alice.id, actor=SYSTEM, expected_version=alice.version + 1)
    assert snapshot() == before


@pytest.mark.usefixtures("paid")
def test_the_journal_never_knew_who_paid(in_acme: Tenant) -> None:
    told = str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert "'last4': '4242'" in told
    assert not any(word in told for word in PERSON)
