"""Each part of erasing by itself: what goes, what stays, and who is refused (guarantees, G22)."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.core.management.base import CommandError
from django.db import connection, connections, transaction

from accounts.models import SavedFilter, User
from erasure.services import erase_payer, erase_user
from events import hash_chain
from events.erasure import erase_actor_origins, purge_origins
from events.hash_chain import find_first_broken_link, seal_pending_events
from events.models import Action, AuditEvent, EntityType
from events.services import record_event
from idempotency.erasure import erase_stored_responses, redact_stored_responses
from idempotency.models import IdempotencyRecord
from kernel import clock, ids
from kernel.actor import Actor, Role
from kernel.errors import Forbidden, LoginRequired
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.backoffice.screens import screen_of
from tests.commands.conftest import Run, run
from tests.concurrency import PATIENCE
from tests.factories import CustomerFactory, OrderFactory, StaffFactory, acting
from tests.snapshots import snapshot

__all__ = ["run"]
QUARTER = timedelta(days=90)


def write(age: timedelta, **origin: str) -> AuditEvent:
    return record_event(
        Action.PET_UPDATED,
        entity_type=EntityType.PETS,
        entity_id=None,
        actor=Actor(user_id=ids.new_id(), role=Role.STAFF, **origin),  # type: ignore[arg-type]  # two texts
        at=clock.now() - age,
    )


@pytest.mark.usefixtures("in_acme")
def test_addresses_leave_the_journal_after_90_days(monkeypatch: pytest.MonkeyPatch) -> None:
    seal_pending_events()
    event = write(timedelta(), ip_address="192.0.2.7", request_id="r-1")
    seal_pending_events()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=89))
    young = write(timedelta(), ip_address="192.0.2.8", request_id="r-2")
    seal_pending_events()
    assert purge_origins(older_than=QUARTER, dry_run=False) == 0
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=90, seconds=1))
    assert purge_origins(older_than=QUARTER, dry_run=True) == purge_origins(older_than=QUARTER, dry_run=False) >= 1
    assert AuditEvent.objects.values_list("ip_address", "request_id").get(pk=event.pk) == (None, "")
    assert AuditEvent.objects.values_list("ip_address", "request_id").get(pk=young.pk) == ("192.0.2.8", "r-2")
    assert find_first_broken_link() is None
    assert purge_origins(older_than=QUARTER, dry_run=False) == 0


@pytest.mark.usefixtures("in_acme")
def test_an_age_for_all_kinds_is_not_meant_for_the_journal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    event = write(timedelta(hours=2), ip_address="192.0.2.7")
    seal_pending_events()
    at = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: at)
    run("purge", "--older-than", "0s")
    assert AuditEvent.objects.get(pk=event.pk).ip_address == "192.0.2.7"
    run("purge", "--origins", "--older-than", "0s")
    assert AuditEvent.objects.get(pk=event.pk).ip_address is None


def test_filters_that_search_for_the_person_go_and_others_stay(acme: Tenant, sam: User) -> None:
    ann = CustomerFactory.create(tenant=acme, username="ann.b", last_name="Status", email="ann@example.com")
    queries = {
        "By mail": {"q": "ANN@example.com"},
        "By name": {"q": "status", "status__exact": "PLACED"},
        "ann.b's orders": {"status__exact": "PLACED"},
        "Placed": {"status__exact": "PLACED"},
        "Another": {"q": "ann.bo"},
    }
    with tenant_scope(acme.id):
        for name, query in queries.items():
            SavedFilter(user=sam, page="orders_order", name=name, query=urlencode(query)).save()
        erase_user(user_id=ann.pk, actor=acting(ann))
        assert {search.name for search in SavedFilter.objects.all()} == {"Placed", "Another"}


def test_sessions_of_staff_go_and_those_of_others_stay(acme: Tenant, sam: User, root: User) -> None:
    gone = StaffFactory.create(tenant=acme, username="gone")
    for user in (gone, gone, sam):
        screen_of(user)
    with tenant_scope(acme.id):
        erase_user(user_id=gone.pk, actor=acting(root))
    assert [row.get_decoded()["_auth_user_id"] for row in Session.objects.all()] == [str(sam.pk)]


def test_answers_to_the_person_and_about_the_account_go_and_others_stay(in_acme: Tenant, alice: User) -> None:
    kept = {"principal": "somebody", "operation": "place_order", "headers": {}}
    rows = {
        "own": kept | {"principal": str(alice.pk)},
        "about": kept | {"operation": "update_user_profile", "target": str(alice.pk)},
        "made": kept | {"headers": {"Location": f"http://testserver/v1/users/{alice.pk}"}},
        "others'": kept,
    }
    for key, columns in rows.items():
        IdempotencyRecord(key_digest=key, request_digest="r", status=201, body=b"{}", **columns).save(force_insert=True)
    erase_stored_responses(alice.pk)
    assert [row.key_digest for row in IdempotencyRecord.objects.all()] == ["others'"]


@pytest.mark.parametrize(
    ("body", "left"),
    [(b'{"a": 1, "b": 2}', b'{"a":1}'), (b"", b""), (b"[1]", b""), (b'{"a": 1', b""), (b"\xff", b"")],
)
def test_an_answer_is_redacted_or_emptied_and_stops_nobody(in_acme: Tenant, body: bytes, left: bytes) -> None:
    order_id = ids.new_id()
    answer = IdempotencyRecord(principal="p", operation="pay_order", target=str(order_id), key_digest="k", status=201)
    answer.body = body
    answer.save(force_insert=True)
    redact_stored_responses([order_id], lambda read: {name: value for name, value in read.items() if name != "b"})
    assert bytes(IdempotencyRecord.objects.get().body) == left


@pytest.fixture
def anonymous_order(stray: Pet) -> Order:
    return OrderFactory.create(pet=stray)


def test_the_journal_knows_that_a_payer_was_erased(run: Run, anonymous_order: Order) -> None:
    run("erase_payer", str(anonymous_order.pk), "--dry-run")
    with tenant_scope(anonymous_order.tenant_id):
        assert not AuditEvent.objects.filter(action=Action.PAYER_ERASED).exists()
        run("erase_payer", str(anonymous_order.pk))
        assert AuditEvent.objects.filter(action=Action.PAYER_ERASED).get().entity_id == anonymous_order.pk


def test_who_has_an_account_is_not_erased_as_a_payer(run: Run, rex: Pet, alice: User) -> None:
    order = OrderFactory.create(pet=rex, customer=alice)
    before = snapshot()
    with pytest.raises(CommandError, match="erase the user instead"):
        run("erase_payer", str(order.pk))
    with pytest.raises(CommandError, match="no such order"):
        run("erase_payer", str(ids.new_id()))
    assert snapshot() == before


def test_only_an_admin_erases_payers(anonymous_order: Order, sam: User) -> None:
    before = snapshot()
    with tenant_scope(anonymous_order.tenant_id):
        for actor, refusal in ((acting(sam), Forbidden), (Actor(), LoginRequired)):
            with pytest.raises(refusal):
                erase_payer(order_id=anonymous_order.pk, actor=actor)
    assert snapshot() == before


class SlowSealer:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._has_read, self._may_chain = threading.Event(), threading.Event()
        chain = hash_chain._append_chain_links  # noqa: SLF001  # its second half

        def wait_and_chain(events: Any) -> None:
            told = list(events)
            self._has_read.set()
            self._may_chain.wait(PATIENCE)
            chain(told)

        monkeypatch.setattr(hash_chain, "_append_chain_links", wait_and_chain)
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        seal_pending_events()
        connections.close_all()

    def start(self) -> None:
        self._thread.start()
        assert self._has_read.wait(PATIENCE)

    def finish(self) -> None:
        self._may_chain.set()
        self._thread.join(PATIENCE)


@pytest.fixture
def slow_sealer(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowSealer]:
    """A worker that has read the events, and waits before it chains them."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    worker = SlowSealer(monkeypatch)
    yield worker
    worker.finish()


def _erase_while(worker: SlowSealer, acme: Tenant) -> None:
    with tenant_scope(acme.id):
        event = write(timedelta(), ip_address="192.0.2.7")
    worker.start()
    eraser = threading.Thread(target=_erase_origins_of, args=(event,))
    eraser.start()
    eraser.join(1)
    worker.finish()
    eraser.join(PATIENCE)
    with tenant_scope(acme.id):
        assert AuditEvent.objects.get(pk=event.pk).ip_address is None


def _erase_origins_of(event: AuditEvent) -> None:
    assert event.actor_id is not None
    with all_tenants(reason="test"), transaction.atomic():
        erase_actor_origins(event.actor_id)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_erasure_while_a_worker_seals_leaves_the_chain_whole(slow_sealer: SlowSealer, acme: Tenant) -> None:
    _erase_while(slow_sealer, acme)
    assert find_first_broken_link() is None


@pytest.mark.django_db(transaction=True)
def test_without_waiting_for_the_worker_it_would_break(
    slow_sealer: SlowSealer, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr("events.erasure.lock_hash_chain", lambda: None)
    _erase_while(slow_sealer, acme)
    assert find_first_broken_link() is not None
