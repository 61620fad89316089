"""Reads of lists from a replica, without a caller who misses what they wrote (decision 59)."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from database.executor import current_connection, execute_statement
from database.postgresql.replicas import PRIMARY_POSITION, ReplicaRead, open_read, watch
from database.write_positions import find_positions_store

logger = logging.getLogger(__name__)


class read_replica(AbstractContextManager[None]):  # noqa: N801  # used as a function, as contextlib's classes are
    """Let the reads of the block go to a replica, if there is one and it has what these callers have written.

    What runs in a transaction goes to the primary all the same, and so does every read after a replica has failed:
    no caller notices. A block inside of another one changes nothing.

    Args:
        callers: names of who reads, as `remember_write` has them.
    """

    __slots__ = ("_callers", "_token")

    def __init__(self, callers: Sequence[str]) -> None:
        self._callers = callers

    def __enter__(self) -> None:
        self._token = None
        if has_replica() and open_read.get() is None:
            find_position = partial(find_positions_store().find_position, self._callers)
            self._token = open_read.set(ReplicaRead(find_position))

    def __exit__(self, *_error: object) -> None:
        if self._token is not None:
            open_read.reset(self._token)


def has_replica() -> bool:
    """Say whether the store has a replica to read from."""
    return bool(connections.settings[DEFAULT_DB_ALIAS].get("REPLICA"))


def remember_write(callers: Sequence[str]) -> None:
    """Remember that these callers have written something that is committed now.

    Where it cannot be remembered, this process leaves the replica for a while; others may show the caller a list
    that is older by as much as a replica may be behind.
    """
    if not has_replica():
        return
    try:
        ((position,),) = execute_statement(current_connection(), PRIMARY_POSITION, ())
    except DatabaseError:
        watch.leave_replica("what was written last is not known")
        return
    if not find_positions_store().keep_position(callers, position):
        watch.leave_replica("Redis does not answer")
