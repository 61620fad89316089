"""The hash chain of before, in its order, with a key: as `events.chain_links` makes it."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, migrations

CHUNK = 1000
WORDS = ("reason", "by_other_means")
SELECT = (
    "SELECT position, event_id, sealed_at FROM events_chainlink_before WHERE position > %s ORDER BY position LIMIT %s"
)


def chain_again(apps: Any, _schema: Any) -> None:
    event_model, seal_model = apps.get_model("events", "AuditEvent"), apps.get_model("events", "ChainLink")
    key = settings.JOURNAL_KEY.encode()
    key_id = hashlib.sha256(b"petstore journal key\n" + key).hexdigest()[:16]
    previous = "0" * 64
    for rows in in_order():
        events = event_model.objects.in_bulk([event_id for _, event_id, _ in rows])
        seals = []
        for position, event_id, sealed_at in rows:
            event = events[event_id]
            columns = link(previous, event, key)
            previous = columns["digest"]
            named = {"position": position, "event_id": event_id, "tenant_id": event.tenant_id, "sealed_at": sealed_at}
            seals.append(seal_model(**named, key_id=key_id, **columns))
        seal_model.objects.bulk_create(seals)


def in_order() -> Iterator[list[tuple[int, UUID, datetime]]]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(SELECT, [last, CHUNK])
            rows = [(position, uuid_of(event), moment_of(at)) for position, event, at in cursor.fetchall()]
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def uuid_of(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def moment_of(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)


def link(previous: str, event: Any, key: bytes) -> dict[str, str]:
    words = {name: event.details[name] for name in WORDS if name in event.details}
    kept = {name: value for name, value in event.details.items() if name not in WORDS}
    named = [event.id, event.tenant_id, event.action, event.entity_type, event.entity_id, event.actor_id]
    created_at = f"{event.created_at.astimezone(UTC).isoformat(timespec='seconds')[:-6]}Z"
    has_origin = event.ip_address or event.request_id
    origin_salt, origin_digest = salted(dumped([event.ip_address, event.request_id]) if has_origin else b"")
    free_text_salt, free_text_digest = salted(dumped(words) if words else b"")
    lasting = dumped([*named, kept, created_at])
    text = b"%b\n%b\n%b\n%b" % (previous.encode(), lasting, origin_digest.encode(), free_text_digest.encode())
    return {
        "digest": hmac.digest(key, text, "sha256").hex(),
        "origin_salt": origin_salt,
        "origin_digest": origin_digest,
        "free_text_salt": free_text_salt,
        "free_text_digest": free_text_digest,
    }


def salted(part: bytes) -> tuple[str, str]:
    if not part:
        return "", ""
    salt = secrets.token_hex(16)
    return salt, hashlib.sha256(salt.encode() + b"\n" + part).hexdigest()


def dumped(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


class Migration(migrations.Migration):
    dependencies = [("events", "0009_keyed_chain")]
    operations = [
        migrations.RunPython(chain_again, migrations.RunPython.noop),
        migrations.RunSQL("DROP TABLE events_chainlink_before", migrations.RunSQL.noop),
    ]
