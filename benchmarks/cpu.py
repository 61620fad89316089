"""The CPU time and the memory of a server's processes and of its database's backends."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.databases import Cluster
from benchmarks.errors import BenchmarkError

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Memory:
    """The memory of a server's processes in MB: shared pages counted once (PSS), and in each process (RSS)."""

    pss: float
    rss: float


def list_process_tree(root: int, worker: int | None = None) -> list[psutil.Process]:
    """List a process and all that descends from it, without its background worker."""
    process = psutil.Process(root)
    return [one for one in (process, *process.children(recursive=True)) if one.pid != worker]


def find_child_process(log: Path, name: str) -> int:
    """Name a process of `serve` by the name that its log gives it, such as `web 1`; raises BenchmarkError."""
    found = re.findall(rf"^{name} is process (\d+)$", log.read_text(errors="replace"), re.MULTILINE)
    if not found:
        raise BenchmarkError(f"The server's log names no process {name}.")
    return int(found[-1])


def find_worker_process(log: Path) -> int | None:
    """Name the background worker that a server has beside its web processes, as its log tells it."""
    found = re.findall(r"^worker is process (\d+)$", log.read_text(errors="replace"), re.MULTILINE)
    return int(found[-1]) if found else None


def list_other_processes(log: Path) -> set[int]:
    """Name the processes of `serve` that serve no HTTP, such as the worker and gRPC, as its log tells them."""
    found = re.findall(r"^(?!web )\S+ is process (\d+)$", log.read_text(errors="replace"), re.MULTILINE)
    return set(map(int, found))


def sum_cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Sum up user and system time of processes, children that have ended included."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def measure_memory_of(processes: Iterable[psutil.Process]) -> Memory:
    """Weigh processes."""
    parts = [process.memory_full_info() for process in processes]
    return Memory(pss=sum(part.pss for part in parts) / MEBIBYTE, rss=sum(part.rss for part in parts) / MEBIBYTE)


@dataclass(frozen=True)
class Usage:
    """The CPU time of a server's processes, and of its background worker where it has one."""

    server: float
    worker: float | None

    def subtract_usage(self, before: "Usage") -> "Usage":
        """Return the CPU that was used meanwhile."""
        worker = None if self.worker is None or before.worker is None else self.worker - before.worker
        return Usage(self.server - before.server, worker)


def measure_usage(root: int, worker: int | None) -> Usage:
    """Read the CPU time so far."""
    alone = None if worker is None else sum_cpu_seconds([psutil.Process(worker)])
    return Usage(sum_cpu_seconds(list_process_tree(root, worker)), alone)


@dataclass
class BackendMeter:
    """Follows the backends of one database, also those that come and go between two samples.

    Stays at None where PostgreSQL's processes cannot be seen from here, as on another machine.
    """

    cluster: Cluster
    database: str
    first: dict[int, float] = field(default_factory=dict)
    last: dict[int, float] = field(default_factory=dict)

    def start_meter(self) -> None:
        """Read the present state, which later readings are compared with."""
        self.first = self._read_processor_times()
        self.last = dict(self.first)

    def take_sample(self) -> None:
        """Read again."""
        self.last.update(self._read_processor_times())

    @property
    def seconds(self) -> float | None:
        """CPU time since the start."""
        if not self.last:
            return None
        return sum(seconds - self.first.get(pid, 0.0) for pid, seconds in self.last.items())

    def _read_processor_times(self) -> dict[int, float]:
        seconds: dict[int, float] = {}
        for pid in self.cluster.list_backend_processes(self.database):
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if process.name().startswith("postgres"):
                    seconds[pid] = sum(process.cpu_times()[:2])
        return seconds
