"""The journal and its hash chain (guarantees, G5 and G16). That no row is changed or deleted: tests/tenants."""

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from events.chain_links import GENESIS, journal_keys_by_id
from events.hash_chain import find_first_broken_link, seal_pending_events
from events.models import Action, AuditEvent, ChainLink, EntityType, PendingEvent
from events.services import record_event
from kernel import clock, ids
from kernel.actor import SYSTEM, Actor, Role
from tenants.models import Tenant
from tenants.scoping import NoTenantScope, all_tenants, tenant_scope
from tests.concurrency import run_together
from tests.events.intruders import forge_link, link_of, without_trigger, without_triggers
from tests.factories import PetFactory

STAFF = Actor(user_id=ids.new_id(), role=Role.STAFF, ip_address="192.0.2.7", request_id="r-1")


def write_event(number: int = 0, actor: Actor = SYSTEM) -> AuditEvent:
    return record_event(
        Action.PET_UPDATED,
        entity_type=EntityType.PETS,
        entity_id=ids.new_id(),
        actor=actor,
        at=clock.now(),
        details={"changes": {"name": [f"Rex {number}", "Łuna"]}},
    )


def list_sealed(count: int) -> list[AuditEvent]:
    events = [write_event(number) for number in range(count)]
    assert seal_pending_events() == count
    return events


@pytest.mark.usefixtures("in_acme")
def test_an_event_tells_who_did_what_from_where(acme: Tenant) -> None:
    event = AuditEvent.objects.get(pk=write_event(actor=STAFF).pk)
    assert (event.tenant_id, event.actor_id) == (acme.id, STAFF.user_id)
    assert (event.ip_address, event.request_id) == ("192.0.2.7", "r-1")
    assert event.details == {"changes": {"name": ["Rex 0", "Łuna"]}}


@pytest.mark.django_db(transaction=True)
def test_neither_event_nor_to_do_outlives_a_change_that_is_rolled_back(in_acme: Tenant) -> None:
    before = AuditEvent.objects.count(), PendingEvent.objects.count()
    with transaction.atomic():
        PetFactory.create(tenant=in_acme)
        assert AuditEvent.objects.filter(action=Action.PET_CREATED).exists()
        transaction.set_rollback(True)
    assert (AuditEvent.objects.count(), PendingEvent.objects.count()) == before


@pytest.mark.django_db
def test_nothing_is_recorded_without_a_scope() -> None:
    with pytest.raises(NoTenantScope):
        write_event()
    with all_tenants(reason="test"):
        assert not AuditEvent.objects.exists()


@pytest.mark.usefixtures("in_acme")
def test_sealing_chains_every_event_once_in_the_order_of_writing() -> None:
    seal_pending_events()
    events = list_sealed(3)
    assert [seal.event_id for seal in ChainLink.objects.order_by("position")][-3:] == [event.id for event in events]
    assert not PendingEvent.objects.exists()
    assert seal_pending_events() == 0


@pytest.mark.usefixtures("in_acme")
def test_sealing_takes_no_more_than_its_limit_and_goes_on_where_it_stopped() -> None:
    seal_pending_events()
    for number in range(5):
        write_event(number)
    assert [seal_pending_events(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert find_first_broken_link() is None


def test_one_chain_runs_over_all_tenants(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex, acme):
        with tenant_scope(tenant.id):
            write_event()
    seal_pending_events()
    with all_tenants(reason="test"):
        seals = list(ChainLink.objects.select_related("event").order_by("position"))
    assert [seal.position for seal in seals] == list(range(1, len(seals) + 1))
    assert {seal.tenant_id for seal in seals} == {acme.id, globex.id}
    assert link_of(seals[0]).matches_event(GENESIS, seals[0].event, journal_keys_by_id())


@pytest.mark.django_db
def test_an_empty_chain_is_whole() -> None:
    assert find_first_broken_link() is None


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "PET_DELETED"),
        ("details", '{"changes": {}}'),
        ("details", '{"changes": {"name": ["Rex 0", "Łuna"]}, "reason": "Somebody else\'s words"}'),
        ("details", "[]"),
        ("request_id", "another"),
        ("request_id", ""),
        ("ip_address", "192.0.2.8"),
        ("ip_address", None),
        ("created_at", "2020-01-01 00:00:00+00:00"),
        ("actor_id", None),
        ("entity_id", None),
    ],
)
@pytest.mark.as_owner
def test_an_event_that_was_rewritten_breaks_the_chain_at_its_place(column: str, value: str | None) -> None:
    seal_pending_events()
    event = write_event(actor=STAFF)
    position = ChainLink.objects.count() + 1
    write_event()
    seal_pending_events()
    assert find_first_broken_link() is None
    with without_triggers("events_auditevent"), connection.cursor() as cursor:
        key = event.pk if connection.vendor == "postgresql" else event.pk.hex
        cursor.execute(f"UPDATE events_auditevent SET {column} = %s WHERE id = %s", [value, key])  # noqa: S608  # our columns
    assert find_first_broken_link() == position


@pytest.mark.as_owner
@pytest.mark.usefixtures("in_acme")
def test_a_seal_that_was_taken_out_breaks_the_chain_at_its_place() -> None:
    seal_pending_events()
    list_sealed(3)
    position = ChainLink.objects.count() - 1
    with without_trigger("events_chainlink", "no_delete"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_chainlink WHERE position = %s", [position])
    assert find_first_broken_link() == position


@pytest.mark.as_owner
@pytest.mark.usefixtures("in_acme")
def test_a_digest_that_was_made_to_fit_breaks_the_chain_at_the_next_place() -> None:
    seal_pending_events()
    list_sealed(3)
    position = ChainLink.objects.count() - 1
    with without_triggers("events_auditevent"), without_triggers("events_chainlink"):
        seal = ChainLink.objects.select_related("event").get(position=position)
        QuerySet(AuditEvent).filter(pk=seal.event_id).update(action=Action.PET_DELETED)
        seal.event.refresh_from_db()
        previous = ChainLink.objects.get(position=position - 1).digest
        forge_link(seal, previous=previous, key_id=seal.key_id, key=journal_keys_by_id()[seal.key_id])
    assert find_first_broken_link() == position + 1


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_seal_every_event_once(acme: Tenant) -> None:
    with tenant_scope(acme.id):
        for number in range(20):
            write_event(number)
    outcome = run_together([lambda: seal_pending_events(limit=50)] * 4)
    assert outcome.errors == []
    seal_pending_events()
    with tenant_scope(acme.id):
        assert ChainLink.objects.count() == AuditEvent.objects.count()
    assert find_first_broken_link() is None
