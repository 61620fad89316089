"""The open sessions of a process: how many a user may have, and their right, which is looked at again and again."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final
from uuid import UUID

from django.db import Error

from chat.rooms.participants import find_participant, role_of_actor
from kernel.actor import Actor
from kernel.errors import DomainError, Forbidden, Kind
from petstore.interfaces.entry.socket_callers import admit_callers
from petstore.interfaces.live.poller import run_in_reader
from petstore.interfaces.rooms.sessions import RoomSession

PER_USER: Final = 10
"""Sessions of one user in one process, whatever their protocols."""
CHECK_SECONDS: Final = 15.0
"""The time between two looks at the right of each session."""
CHECKED_AT_ONCE: Final = 500
"""Sessions; each tenant of them costs two queries, three where staff are among them."""

logger = logging.getLogger(__name__)


class TooManySessions(DomainError):
    """The user is connected to the support rooms as often as they may be."""

    kind = Kind.TOO_MANY
    code = "too_many_chat_sessions"
    title = "You are connected to the chat as often as you may be"
    retry_after = 30


def _count_nothing(_change: int) -> None:
    """Count nothing, where nobody reads figures."""


class SessionRegistry:
    """The open sessions of this process. Used in the event loop only.

    Attributes:
        count_session: called with 1 for each that begins, and -1 for each that ends.
    """

    def __init__(self, per_user: int = PER_USER) -> None:
        self._per_user = per_user
        self.count_session: Callable[[int], object] = _count_nothing
        self._sessions: set[RoomSession] = set()
        self._users: Counter[UUID] = Counter()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    @contextmanager
    def keep_session(self, session: RoomSession) -> Iterator[None]:
        """Count a session as long as the block lasts, and close it then; raises TooManySessions."""
        user_id = session.entrant.participant.person.id
        if self._users[user_id] >= self._per_user:
            raise TooManySessions
        self._users[user_id] += 1
        self._sessions.add(session)
        self.count_session(1)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._check_rights())
        try:
            yield
        finally:
            session.close()
            self._sessions.discard(session)
            self.count_session(-1)
            self._users[user_id] -= 1
            if not self._users[user_id]:
                del self._users[user_id]

    async def _check_rights(self) -> None:
        """Look at the right of each session every so often, until there are none; an outage changes no right."""
        while self._sessions:
            await asyncio.sleep(CHECK_SECONDS)
            sessions = list(self._sessions)
            for start in range(0, len(sessions), CHECKED_AT_ONCE):
                await self._check_some(sessions[start : start + CHECKED_AT_ONCE])

    async def _check_some(self, sessions: Sequence[RoomSession]) -> None:
        try:
            errors = await run_in_reader(partial(_find_lost_rights, sessions))
        except Error:
            logger.exception("The database does not answer; the rights of chat sessions are looked at later")
            return
        for session, error in zip(sessions, errors, strict=True):
            if error is not None and session in self._sessions:
                session.client.end_session(error)


def _find_lost_rights(sessions: Sequence[RoomSession]) -> list[DomainError | None]:
    admitted = admit_callers([session.entrant.caller for session in sessions], find_participant)
    return [_find_lost_right(session, actor) for session, actor in zip(sessions, admitted, strict=True)]


def _find_lost_right(session: RoomSession, actor: Actor | DomainError) -> DomainError | None:
    if isinstance(actor, DomainError):
        return None if actor.kind is Kind.UNAVAILABLE else actor
    is_same = role_of_actor(actor) is session.entrant.participant.role
    return None if is_same else Forbidden("You are somebody else in these rooms now: connect again.")


room_sessions = SessionRegistry()
"""The sessions of this process."""
