"""The newest timeline of the database that was seen: a server that was left behind is refused (guarantees, G23).

After a promotion the old primary may come back and take writes, too. `target_session_attrs` cannot tell two servers
that take writes apart; but each promotion begins a timeline, and its number is higher (docs/decisions, 0058).
"""

import logging
import mmap
import struct
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from database.postgresql.connections import Connection, Place

READ_PLACE = """
SELECT system_identifier, CASE WHEN pg_is_in_recovery() THEN NULL
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint END
FROM pg_control_system()
"""
"""The control file would tell a timeline, too, but a promoted server's old one until its next checkpoint."""
LEFT_BEHIND = "the server at {place} was left behind: it is on timeline {own}, and timeline {newest} was seen"
logger = logging.getLogger(__name__)


class ServerLeftBehind(psycopg.OperationalError):
    """The server takes writes, but another one was promoted after it."""


class NewestPlace:
    """The newest place that was seen, in memory that a process shares with those that are forked from it."""

    _LAYOUT = struct.Struct("=QQ")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._LAYOUT.size)

    def read_place(self) -> Place:
        """Return it; its system is 0 before the first."""
        return Place(*self._LAYOUT.unpack_from(self._memory))

    def note_place(self, seen: Place) -> bool:
        """Remember a place, unless it is older; return whether it is the newest. Another database begins anew."""
        known = self.read_place()
        if seen.system == known.system and seen.timeline <= known.timeline:
            return seen == known
        if known.system not in {0, seen.system}:
            logger.warning("DATABASE_URL leads to another database system than before")
        self._LAYOUT.pack_into(self._memory, 0, seen.system, seen.timeline)
        return True

    def forget_place(self) -> None:
        """Forget it, as if the processes were new."""
        self._LAYOUT.pack_into(self._memory, 0, 0, 0)


newest_place = NewestPlace()


def connect_to_newest(parameters: Mapping[str, Any], answer_timeout: float | None) -> Connection:
    """Connect to the first of the hosts that was not left behind.

    Raises:
        ServerLeftBehind: all that take connections were.
    """
    given, hosts = dict(parameters), _list_hosts(parameters)
    while True:
        made = Connection.connect(**given)
        made.answer_timeout = answer_timeout
        try:
            require_newest(made)
        except ServerLeftBehind as error:
            logger.error("Not used: %s", error)  # noqa: TRY400  # no defect of ours
            hosts = [host for host in hosts if host != (made.info.host, str(made.info.port))]
            made.close()
            if not hosts:
                raise
            given |= {"host": ",".join(host for host, _ in hosts), "port": ",".join(port for _, port in hosts)}
        except psycopg.Error:
            made.close()
            raise
        else:
            return made


def require_newest(connection: Connection) -> None:
    """Ask the server for its place; one that tells none, such as a standby, is not judged.

    Raises:
        ServerLeftBehind
    """
    connection.place = _read_place(connection)
    if connection.place is not None and not newest_place.note_place(connection.place):
        place = f"{connection.info.host}:{connection.info.port}"
        own, newest = connection.place.timeline, newest_place.read_place().timeline
        raise ServerLeftBehind(LEFT_BEHIND.format(place=place, own=own, newest=newest))


def was_left_behind(connection: Connection) -> bool:
    """Return whether a later timeline was seen, by any connection, since this one was made. It asks nobody."""
    newest = newest_place.read_place()
    own = connection.place
    return own is not None and own.system == newest.system and own.timeline < newest.timeline


def _read_place(connection: Connection) -> Place | None:
    """Return the server's place; None where it has or tells none: some hosted servers forbid the functions."""
    try:
        row = _ask_in_one_trip(connection)
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        return None
    return None if row[1] is None else Place(row[0], row[1])


def _ask_in_one_trip(connection: Connection) -> tuple[int, int | None]:
    """Ask outside of any transaction, but inside the one that is open."""
    begins = not connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE
    if begins:
        connection.autocommit = True
    try:
        row: tuple[int, int | None] = connection.execute(READ_PLACE).fetchone()  # type: ignore[assignment]  # one row
    finally:
        if begins and not connection.closed:
            connection.autocommit = False
    return row


def _list_hosts(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the hosts of a connection, each with its port; none where there is only one."""
    hosts = str(parameters.get("host") or "").split(",")
    ports = str(parameters.get("port") or "5432").split(",")
    return list(zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=False)) if len(hosts) > 1 else []
