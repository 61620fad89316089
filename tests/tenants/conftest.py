from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from accounts.models import User
from accounts.services.saved_filters import add_saved_filter
from accounts.services.sessions import start_login_session
from applications.digests import make_secret, make_user_code
from applications.models import Application, ApplicationSession, AuthorizationCode, Consent, DeviceAuthorization
from chat.rooms.participants import find_participant
from chat.services.counts import count_consultation
from chat.services.room_messages import mark_messages_read, send_room_message
from events.hash_chain import seal_pending_events
from idempotency.requests import IdempotentRequest
from idempotency.services import ReplayableResponse as Stored
from idempotency.services import run_once
from kernel import clock
from kernel.actor import SYSTEM, Actor
from mqtt.models import OutgoingEvent
from orders.services.placement import place_order
from outbound.client import Response
from payments.services.order_transitions import cancel_order
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests import pristine
from tests.factories import CustomerFactory, OrderFactory, PetFactory, StaffFactory, TenantFactory, acting
from tests.minting import renewed_tokens, tokens_for
from tests.payments.paying import pay
from webhooks.delivery.claims import claim_due_deliveries
from webhooks.delivery.results import AttemptResult, settle_attempts
from webhooks.services.endpoints import create_endpoint
from webhooks.services.redelivery import send_test_delivery


def stock(tenant: Tenant, customer: User) -> None:
    """Give the tenant a row in every tenant-owned table."""
    _place_without_a_token(tenant)
    pet = PetFactory.create(tenant=tenant, photos=("https://example.com/rex.jpg",))
    order = OrderFactory.create(pet=pet, customer=customer)
    pay(order)
    _send_request(tenant)
    with tenant_scope(tenant.id):
        cancel_order(order_id=order.id, actor=SYSTEM)
        renewed_tokens(tokens_for(customer))
        run_once(
            IdempotentRequest(principal="somebody", operation="place_order", key="key", content=b""),
            lambda: Stored(201, b"{}"),
        )
        _allow_application(customer)
        count_consultation(clock.now().date())
        _write_to_the_store(customer)
        OutgoingEvent.objects.create(id=uuid4(), ordering_key=order.id, sequence=1, event_type="order.statusChanged")


def _write_to_the_store(customer: User) -> None:
    """A room with a message that its customer has read."""
    actor = acting(customer)
    person = find_participant(actor=actor).person
    message = send_room_message(text="Hello", client_id="c-1", sender=person, actor=actor).message
    mark_messages_read(room_id=message.room_id, message_id=message.id, reader=person, actor=actor)


def _send_request(tenant: Tenant) -> None:
    """An endpoint, a message for it, and an attempt, as if it had been taken."""
    with tenant_scope(tenant.id):
        endpoint = create_endpoint(url="https://hooks.example.com", events=[EventType.PAYMENT_FAILED], actor=SYSTEM)
        send_test_delivery(endpoint_id=endpoint.id, actor=SYSTEM)
    taken = Response(status=204, error="", body="", duration_ms=5, retry_after=None)
    settle_attempts([AttemptResult(claimed, clock.now(), taken) for claimed in claim_due_deliveries({endpoint.id: 1})])


@override_settings(ANONYMOUS_ORDER_LIMIT=20)
def _place_without_a_token(tenant: Tenant) -> None:
    """An order that is counted against the caller's network."""
    pet = PetFactory.create(tenant=tenant)
    with tenant_scope(tenant.id):
        place_order(pet_id=pet.id, actor=Actor(ip_address="192.0.2.7"))


def _allow_application(customer: User) -> None:
    """An application that a customer has allowed to act for them, in a browser and on a device."""
    in_a_minute = clock.now() + timedelta(minutes=1)
    application = Application(client_id=make_secret(), name="Probe", type=Application.Type.PUBLIC)
    session = start_login_session(customer)
    granted = {"application": application, "user": customer}
    for row in (
        application,
        Consent(**granted),
        ApplicationSession(session=session, **granted),
        AuthorizationCode(digest=make_secret(), session=session, expires_at=in_a_minute, **granted),
        DeviceAuthorization(digest=make_secret(), user_code=make_user_code(), expires_at=in_a_minute, **granted),
    ):
        row.save(force_insert=True)


def _keep_order(person: User) -> None:
    """A filter of somebody's own."""
    with tenant_scope(person.tenant_id):
        add_saved_filter(page="orders_order", name="Mine", query="q=Rex", lookups=(), actor=acting(person))


@dataclass(frozen=True, slots=True)
class Shops:
    acme: Tenant
    globex: Tenant


@pytest.fixture(scope="module")
def two_shops(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Shops]:
    """Acme and Globex with rows in every table; the journal is sealed up to the last event.

    They are made once for a module; what its tests do to them is rolled back after each.
    """
    with django_db_blocker.unblock():
        try:
            yield _two_shops()
        finally:
            pristine.restore()


def _two_shops() -> Shops:
    acme, globex = TenantFactory.create_batch(2)
    for tenant in (acme, globex):
        stock(tenant, CustomerFactory.create(tenant=tenant))
    seal_pending_events()
    for tenant in (acme, globex):
        _keep_order(StaffFactory.create(tenant=tenant))
        PetFactory.create(tenant=tenant)
    return Shops(acme, globex)
