"""Attacks that an intruder with the owner's rights cannot hide, and parts that can be removed (guarantees, G16)."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from pytest_django import Settings

from events.chain_links import journal_keys_by_id, newest_key_id
from events.hash_chain import find_first_broken_link, seal_pending_events
from events.models import Action, AuditEvent, ChainLink, EntityType
from events.services import record_event
from kernel import clock, ids
from kernel.actor import Actor, Role
from petstore.server.journal_heads import record_head_if_due, record_journal_head
from tenants.models import Tenant
from tests.events.intruders import chain_anew, cut_tail, without_trigger, without_triggers
from tests.snapshots import snapshot

pytestmark = pytest.mark.as_owner

GUESS = b"a key that the intruder has made up"
STAFF = Actor(user_id=ids.new_id(), role=Role.STAFF, ip_address="192.0.2.7", request_id="r-1")
ONLY_POSTGRESQL = "SQLite knows no TRUNCATE"


@pytest.fixture
def journal(in_acme: Tenant) -> list[AuditEvent]:
    """Five sealed events of staff who gave their reasons."""
    seal_pending_events()
    events = [
        record_event(
            Action.USER_STATUS_CHANGED,
            entity_type=EntityType.USERS,
            entity_id=ids.new_id(),
            actor=STAFF,
            at=clock.now(),
            details={"changes": {"status": ["ACTIVE", "SUSPENDED"]}, "reason": f"Łukasz asked for it, {number}"},
        )
        for number in range(5)
    ]
    seal_pending_events()
    assert find_first_broken_link() is None
    return events


@pytest.fixture
def heads(settings: Settings, tmp_path: Path, journal: list[AuditEvent]) -> Path:
    """The file with the head of now."""
    settings.JOURNAL_HEADS_FILE = tmp_path / "var" / "heads.jsonl"
    record_journal_head()
    return tmp_path / "var" / "heads.jsonl"


def _verdict(*words: str) -> str:
    try:
        call_command("verify_journal", *words, verbosity=0)
    except CommandError as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("journal")
def test_a_chain_made_anew_without_the_key_is_found() -> None:
    cut_tail(2)
    chain_anew(key_id=newest_key_id(), key=GUESS)
    assert find_first_broken_link() == 1


@pytest.mark.usefixtures("journal")
def test_a_chain_made_anew_under_a_name_of_its_own_is_found() -> None:
    chain_anew(key_id="0123456789abcdef", key=GUESS)
    assert find_first_broken_link() == 1


@pytest.mark.usefixtures("journal")
def test_whoever_has_the_key_too_makes_one_that_is_whole() -> None:
    """The control: as it was while the chain had no key."""
    cut_tail(2)
    chain_anew(key_id=newest_key_id(), key=journal_keys_by_id()[newest_key_id()])
    assert find_first_broken_link() is None
    assert _verdict() == ""


def test_a_head_that_was_noted_tells_of_a_tail_that_was_cut(heads: Path) -> None:
    assert _verdict("--since", str(heads)) == ""
    cut_tail(2)
    chain_anew(key_id=newest_key_id(), key=journal_keys_by_id()[newest_key_id()])
    assert _verdict() == ""
    assert "1 of" in _verdict("--since", str(heads))


def test_a_tail_that_was_replaced_differs_from_the_head(heads: Path, journal: list[AuditEvent]) -> None:
    cut_tail(1)
    record_event(Action.PET_UPDATED, entity_type=EntityType.PETS, entity_id=None, actor=STAFF, at=clock.now())
    seal_pending_events()
    assert _verdict() == ""
    assert "1 of" in _verdict("--since", str(heads))


def test_a_file_without_heads_is_no_proof(tmp_path: Path, journal: list[AuditEvent]) -> None:
    for text in ("", "{}", "position 3", '{"position": "x", "digest": "y", "at": "z"}'):
        (tmp_path / "heads").write_text(text)
        assert str(tmp_path / "heads") in _verdict("--since", str(tmp_path / "heads"))
    assert "nowhere" in _verdict("--since", str(tmp_path / "nowhere"))


def test_heads_are_noted_once_an_hour_and_kept(heads: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        assert [record_head_if_due() for _ in range(3)] == [1, 0, 0]
    last = ChainLink.objects.latest("position")
    assert f"Journal head: position {last.position}, digest {last.digest}." in caplog.messages
    assert len(heads.read_text().splitlines()) == 2


def test_a_file_that_cannot_be_written_leaves_it_to_the_log(
    heads: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.JOURNAL_HEADS_FILE = heads / "not a folder"
    with caplog.at_level("INFO"):
        record_journal_head()
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]


@pytest.mark.usefixtures("journal")
def test_a_new_key_seals_from_now_on_and_the_old_one_still_checks(settings: Settings) -> None:
    old = settings.JOURNAL_KEY
    settings.JOURNAL_KEY, settings.JOURNAL_KEY_FALLBACKS = "n" * 64, [old]
    record_event(Action.PET_UPDATED, entity_type=EntityType.PETS, entity_id=None, actor=STAFF, at=clock.now())
    seal_pending_events()
    assert find_first_broken_link() is None
    assert len(set(ChainLink.objects.values_list("key_id", flat=True))) == 2
    settings.JOURNAL_KEY_FALLBACKS = []
    assert find_first_broken_link() == 1


def test_origin_and_words_can_be_removed_and_the_chain_stays_whole(journal: list[AuditEvent]) -> None:
    first, second, third = (AuditEvent.objects.filter(pk=event.pk) for event in journal[:3])
    first.remove_origins()
    ChainLink.objects.filter(event=journal[0]).exclude(origin_salt="").update(origin_salt="")
    second.remove_free_text()
    ChainLink.objects.filter(event=journal[1]).exclude(free_text_salt="").update(free_text_salt="")
    assert find_first_broken_link() is None
    assert first.values_list("ip_address", "request_id").get() == (None, "")
    assert second.get().details == {"changes": {"status": ["ACTIVE", "SUSPENDED"]}}
    assert third.get().details["reason"] == "Łukasz asked for it, 2"
    assert third.get().ip_address == "192.0.2.7"


@pytest.mark.parametrize(
    "change",
    [
        {"ip_address": "192.0.2.8"},
        {"request_id": "another"},
        {"details": {"changes": {"status": ["ACTIVE", "SUSPENDED"]}, "reason": "Another"}},
        {"details": {"reason": "Łukasz asked for it, 0"}},
        {"details": {}},
        {"details": F("details")},
        {"action": Action.PET_DELETED},
    ],
)
def test_nothing_is_put_in_the_place_of_what_can_be_removed(
    journal: list[AuditEvent], change: dict[str, object]
) -> None:
    before = snapshot()
    with pytest.raises(IntegrityError, match="no_update"), transaction.atomic():
        QuerySet(AuditEvent).filter(pk=journal[0].pk).update(**change)
    assert snapshot() == before


@pytest.mark.parametrize("column", ["ip_address", "details"])
def test_what_was_put_there_round_the_triggers_breaks_the_chain(journal: list[AuditEvent], column: str) -> None:
    position = ChainLink.objects.get(event=journal[0]).position
    value: object = "192.0.2.8" if column == "ip_address" else journal[0].details | {"reason": "Another"}
    with without_triggers("events_auditevent"):
        QuerySet(AuditEvent).filter(pk=journal[0].pk).update(**{column: value})
    assert find_first_broken_link() == position
    QuerySet(ChainLink).filter(event=journal[0]).update(origin_salt="", free_text_salt="")
    assert find_first_broken_link() == position


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize("statement", ["events_auditevent CASCADE", "events_chainlink", "tenants_tenant CASCADE"])
def test_the_journal_is_not_truncated(statement: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip(ONLY_POSTGRESQL)
    before = snapshot()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="no_truncate"), transaction.atomic():
            cursor.execute(f"TRUNCATE {statement}")
    assert snapshot() == before


@pytest.mark.usefixtures("journal")
def test_without_the_triggers_it_would_be_emptied() -> None:
    """The control."""
    if connection.vendor != "postgresql":
        pytest.skip(ONLY_POSTGRESQL)
    tables = ("events_auditevent", "events_chainlink", "events_pendingevent")
    with (
        without_trigger(tables[0], "no_truncate"),
        without_trigger(tables[1], "no_truncate"),
        without_trigger(tables[2], "no_truncate"),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE tenants_tenant CASCADE")
    assert not any(snapshot()[table] for table in tables)
