"""A primary and its standby, which take turns."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError

import psycopg

from tests.server.server import wait_until
from tests.stress.clusters import Cluster, folder_of_ones_own


class Pair:
    """Two servers with the run's database.

    Attributes:
        primary: the one that takes writes.
        standby: the other one.
        is_synchronous: the primary acknowledges what the standby has, and nothing else.
    """

    def __init__(self, folders: tuple[Path, Path], programs: Path, *, is_synchronous: bool) -> None:
        self.primary, self.standby = (Cluster(folder, programs) for folder in folders)
        self.is_synchronous = is_synchronous

    @property
    def url(self) -> str:
        """For clients that look for the primary."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"postgres://postgres@{hosts}/postgres?target_session_attrs=read-write"

    @property
    def ports(self) -> list[int]:
        return sorted((self.primary.port, self.standby.port))

    def create(self) -> None:
        self.primary.create()
        if self.is_synchronous:
            _execute(self.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._join()

    def switch_over(self) -> None:
        """As planned: the primary hands over, and becomes the standby."""
        self.primary.stop()
        self._swap()

    def fail_over(self, seconds_alone: float) -> None:
        """The primary is lost after a moment without its standby, which takes its place."""
        self.standby.stop()
        time.sleep(seconds_alone)
        self.primary.stop_at_once()
        self.standby.start()
        self._swap()

    def stop(self) -> None:
        for server in (self.standby, self.primary):
            with suppress(CalledProcessError):  # it may not run
                server.stop_at_once()

    def _swap(self) -> None:
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary
        self._join()

    def _join(self) -> None:
        """The standby is made of the primary anew, and follows it."""
        self.standby.follow(self.primary)
        _execute(self.primary, "SELECT pg_reload_conf()")
        wait_until(self._is_followed)

    def _is_followed(self) -> bool:
        wanted = "sync" if self.is_synchronous else "async"
        sql = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = %s"
        with psycopg.connect(self.primary.url) as made:
            return made.execute(sql, [wanted]).fetchone() == (1,)


def _execute(server: Cluster, sql: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as made:
        made.execute(sql)


@contextmanager
def pair(programs: Path, *, is_synchronous: bool) -> Iterator[Pair]:
    """A new pair, which is gone afterwards."""
    with folder_of_ones_own() as one, folder_of_ones_own() as two:
        own = Pair((one, two), programs, is_synchronous=is_synchronous)
        try:
            own.create()
            yield own
        finally:
            own.stop()
