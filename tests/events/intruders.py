"""Attacks on the journal by somebody with the owner's rights to the database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connection
from django.db.models import QuerySet

from events.chain_links import GENESIS, LinkValues, encode_canonical_body, make_next_link
from events.models import AuditEvent, ChainLink, PendingEvent

_REMOVABLE = {
    "events_auditevent": ("ip_address", "request_id", "details"),
    "events_chainlink": ("origin_salt", "free_text_salt"),
}


@contextmanager
def without_trigger(table: str, rule: str) -> Iterator[None]:
    """Without one of the database's refusals."""
    name = f"{table}_{rule}"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # ALTER TABLE waits for no deferred check
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [name])
            places = [place for (place,) in cursor.fetchall()]  # the table, and its partitions
            cursor.execute("; ".join(f"ALTER TABLE {place} DISABLE TRIGGER {name}" for place in places))
            yield
            cursor.execute("; ".join(f"ALTER TABLE {place} ENABLE TRIGGER {name}" for place in places))
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [name])
            (trigger,) = cursor.fetchone()
            cursor.execute(f"DROP TRIGGER {name}")
            yield
            cursor.execute(trigger)


@contextmanager
def without_triggers(table: str) -> Iterator[None]:
    """Without all that refuse to change or delete a row."""
    with ExitStack() as stack:
        for rule in ("no_update", "no_delete", *(f"no_update_of_{column}" for column in _REMOVABLE[table])):
            stack.enter_context(without_trigger(table, rule))
        yield


def link_of(seal: ChainLink) -> LinkValues:
    """The seal's columns as a link."""
    return LinkValues(*(getattr(seal, name) for name in LinkValues._fields))


def forge_link(seal: ChainLink, *, previous: str, key_id: str, key: bytes) -> str:
    """Make the seal fit its event and what is before it; returns its new digest. Needs `without_triggers`."""
    made = make_next_link(previous, encode_canonical_body(seal.event), key_id, key)
    QuerySet(ChainLink).filter(pk=seal.pk).update(**made._asdict())
    return made.digest


def cut_tail(number: int) -> None:
    """Take the newest events out, with their seals, as if they had never been."""
    with without_triggers("events_auditevent"), without_triggers("events_chainlink"):
        seals = list(ChainLink.objects.order_by("-position")[:number])
        events = [seal.event_id for seal in seals]
        QuerySet(ChainLink).filter(pk__in=[seal.pk for seal in seals])._raw_delete("default")  # noqa: SLF001  # round the model
        QuerySet(PendingEvent).filter(event_id__in=events)._raw_delete("default")  # noqa: SLF001
        QuerySet(AuditEvent).filter(pk__in=events)._raw_delete("default")  # noqa: SLF001


def chain_anew(*, key_id: str, key: bytes) -> None:
    """Make every link anew over the events as they are now."""
    previous = GENESIS
    with without_triggers("events_chainlink"):
        for seal in ChainLink.objects.select_related("event").order_by("position"):
            previous = forge_link(seal, previous=previous, key_id=key_id, key=key)
