"""Measurements and their medians."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Load:
    """The load generator's figures: latencies in ms; responses of 400 and more; broken connections and time-outs."""

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    broken: int


@dataclass(frozen=True)
class Measurement:
    """One server under one operation in one round, with the CPU time it took on either side."""

    server: str
    operation: str
    load: Load
    server_seconds: float | None
    database_seconds: float | None
    worker_seconds: float | None = None

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.load.requests / self.load.seconds

    @property
    def server_us(self) -> float | None:
        """CPU µs a request in the server's processes."""
        return self._divide_by_requests(self.server_seconds)

    @property
    def database_us(self) -> float | None:
        """CPU µs a request in PostgreSQL's backends."""
        return self._divide_by_requests(self.database_seconds)

    @property
    def worker_us(self) -> float | None:
        """CPU µs a request in the server's background worker."""
        return self._divide_by_requests(self.worker_seconds)

    def _divide_by_requests(self, seconds: float | None) -> float | None:
        return None if seconds is None else seconds * MICROSECONDS / max(1, self.load.requests)


@dataclass(frozen=True)
class Summary:
    """The medians over the rounds; failures are summed up."""

    server: str
    operation: str
    rate: float
    server_us: float | None
    database_us: float | None
    p50: float
    p99: float
    refused: int
    broken: int
    worker_us: float | None = None

    @classmethod
    def summarize_measurements(cls, rounds: Sequence[Measurement]) -> "Summary":
        """Summarise the rounds of one server and one operation."""
        return cls(
            server=rounds[0].server,
            operation=rounds[0].operation,
            rate=median(one.rate for one in rounds),
            server_us=_find_known_median(one.server_us for one in rounds),
            database_us=_find_known_median(one.database_us for one in rounds),
            p50=median(one.load.p50 for one in rounds),
            p99=median(one.load.p99 for one in rounds),
            refused=sum(one.load.refused for one in rounds),
            broken=sum(one.load.broken for one in rounds),
            worker_us=_find_known_median(one.worker_us for one in rounds),
        )

    @property
    def cpu_us(self) -> float:
        """CPU µs a request on all sides, as far as it could be seen."""
        return (self.server_us or 0.0) + (self.worker_us or 0.0) + (self.database_us or 0.0)

    def to_json_object(self) -> dict[str, object]:
        """Write it down."""
        return asdict(self)


def summarize_by_operation(measurements: Iterable[Measurement]) -> dict[tuple[str, str], Summary]:
    """Summarise every server and operation, by both names, in the order of their first appearance."""
    rounds: dict[tuple[str, str], list[Measurement]] = {}
    for one in measurements:
        rounds.setdefault((one.server, one.operation), []).append(one)
    return {key: Summary.summarize_measurements(found) for key, found in rounds.items()}


def _find_known_median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
