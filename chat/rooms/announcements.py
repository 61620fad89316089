"""Announce changes of rooms, once they are committed, to whatever carries the news to the listeners.

An announcement is a hint that hastens things: what has changed stands in the database, where listeners look anyhow, and
a process that is killed between its commit and its announcement delays the news by a second.
"""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from tenants.scoping import current_tenant_id

Announce = Callable[[UUID, UUID], object]
"""Takes a tenant and a room of it that has changed; called in the thread that has changed it, and must not block."""

_announcers: list[Announce] = []


def add_announcer(announce: Announce) -> None:
    """Call this with every room that this process changes, from now on; adding it again changes nothing."""
    if announce not in _announcers:
        _announcers.append(announce)


def remove_announcer(announce: Announce) -> None:
    """Stop calling this; nothing happens where it was not added."""
    if announce in _announcers:
        _announcers.remove(announce)


def announce_after_commit(room_id: UUID) -> None:
    """Announce that a room of the scope has changed, once the change is committed."""
    tenant_id = current_tenant_id()
    transaction.on_commit(lambda: _announce_room(tenant_id, room_id))


def _announce_room(tenant_id: UUID, room_id: UUID) -> None:
    for announce in _announcers:
        announce(tenant_id, room_id)
