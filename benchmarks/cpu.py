"""The CPU time and the memory of a server's processes and of its database's backends."""

from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from benchmarks.databases import Cluster

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Memory:
    """What a server's processes hold, in MB: shared pages counted once (PSS), and in each process (RSS)."""

    pss: float
    rss: float


def tree(root: int) -> list[psutil.Process]:
    """List a process and all that descends from it."""
    process = psutil.Process(root)
    return [process, *process.children(recursive=True)]


def server_seconds(root: int) -> float:
    """Sum up user and system time of a process tree, children that have ended included."""
    total = 0.0
    for process in tree(root):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def memory(root: int) -> Memory:
    """Weigh a process tree."""
    parts = [process.memory_full_info() for process in tree(root)]
    return Memory(pss=sum(part.pss for part in parts) / MEBIBYTE, rss=sum(part.rss for part in parts) / MEBIBYTE)


@dataclass
class BackendMeter:
    """Follows the backends of one database, also those that come and go between two samples.

    Stays at None where PostgreSQL's processes cannot be seen from here, as on another machine.
    """

    cluster: Cluster
    database: str
    first: dict[int, float] = field(default_factory=dict)
    last: dict[int, float] = field(default_factory=dict)

    def start(self) -> None:
        """Read the present state, which later readings are compared with."""
        self.first = self._read()
        self.last = dict(self.first)

    def sample(self) -> None:
        """Read again."""
        self.last.update(self._read())

    @property
    def seconds(self) -> float | None:
        """CPU time since the start."""
        if not self.last:
            return None
        return sum(seconds - self.first.get(pid, 0.0) for pid, seconds in self.last.items())

    def _read(self) -> dict[int, float]:
        seconds: dict[int, float] = {}
        for pid in self.cluster.backends(self.database):
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if process.name().startswith("postgres"):
                    seconds[pid] = sum(process.cpu_times()[:2])
        return seconds
