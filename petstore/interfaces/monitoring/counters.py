"""Counts and durations of requests in memory that several processes share.

The memory belongs to no file, so a full disk cannot stop a writer (a page of a mapped file that finds no room is a
SIGBUS). It is mapped when this module is loaded, before any process is forked; each process has a part of its own and
is the only one that writes to it. A process that replaces another continues its part.
"""

import mmap
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator

from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
MAX_PROCESSES = 66
"""One that nobody forked, 64 web processes, and gRPC's."""
ROWS = 2048
"""Of a process: combinations of method, route and status."""
KEY_BYTES = 192
WIDTH = len(BUCKETS) + 2
"""Of a row: the number in each bucket and beyond the last one, and the sum of their seconds."""
NUMBER_BYTES = 8
PART = NUMBER_BYTES + ROWS * (KEY_BYTES + WIDTH * NUMBER_BYTES)

Labels = tuple[str, str, str]
OTHER: Labels = ("other", "", "")


class SharedHistogram(Collector):
    """The histogram of all processes; `continue_as_process` chooses the part of this one."""

    def __init__(self, name: str, help_text: str, labels: Labels, name_protocol: Callable[[str], str]) -> None:
        """Map the memory.

        Args:
            labels: the names of method, route and status.
            name_protocol: makes of a route one label more, `protocol`, when the figures are read.
        """
        self._name, self._help, self._labels = name, help_text, labels
        self._name_protocol = name_protocol
        self._bytes = memoryview(mmap.mmap(-1, MAX_PROCESSES * PART))
        self._numbers = self._bytes.cast("d")
        self._lock = threading.Lock()
        self.continue_as_process(0)

    def continue_as_process(self, process: int) -> None:
        """Write to the part of this process from now on and continue its figures."""
        self._part = process
        self._rows = {labels: row for row, labels in enumerate(self._read_process_labels(process))}

    def observe_request(self, labels: Labels, seconds: float) -> None:
        """Count one request and its duration."""
        with self._lock:
            row = self._rows.get(labels)
            at = self._find_numbers_offset(self._part, self._add_labels_row(labels) if row is None else row)
            self._numbers[at + bisect_left(BUCKETS, seconds)] += 1
            self._numbers[at + WIDTH - 1] += seconds

    def collect(self) -> Iterator[Metric]:
        """Yield one histogram over all processes."""
        family = HistogramMetricFamily(self._name, self._help, labels=("protocol", *self._labels))
        for labels, numbers in self._sum_all_processes().items():
            buckets, total = [], 0.0
            for limit, number in zip((*BUCKETS, float("inf")), numbers, strict=False):
                total += number
                buckets.append((floatToGoString(limit), total))  # type: ignore[no-untyped-call]  # the library leaves it so
            family.add_metric((self._name_protocol(labels[1]), *labels), buckets, numbers[-1])
        yield family

    def _sum_all_processes(self) -> dict[Labels, list[float]]:
        sums: defaultdict[Labels, list[float]] = defaultdict(lambda: [0.0] * WIDTH)
        for process in range(MAX_PROCESSES):
            for row, labels in enumerate(self._read_process_labels(process)):
                at = self._find_numbers_offset(process, row)
                sums[labels] = [a + b for a, b in zip(sums[labels], self._numbers[at : at + WIDTH], strict=True)]
        return dict(sorted(sums.items()))

    def _add_labels_row(self, labels: Labels) -> int:
        """Write the key first and then the number of rows: other processes read whole rows only."""
        row = len(self._rows)
        if row >= ROWS - 1:
            labels = OTHER
        if labels not in self._rows:
            at = self._find_key_offset(self._part, row)
            self._bytes[at : at + KEY_BYTES] = _encode_labels(labels)
            self._rows[labels] = row
            self._numbers[self._part * PART // NUMBER_BYTES] = row + 1
        return self._rows[labels]

    def _read_process_labels(self, process: int) -> Iterator[Labels]:
        for row in range(int(self._numbers[process * PART // NUMBER_BYTES])):
            at = self._find_key_offset(process, row)
            method, route, status = bytes(self._bytes[at : at + KEY_BYTES]).rstrip(b"\0").decode().split("\n")
            yield method, route, status

    def _find_key_offset(self, process: int, row: int) -> int:
        return process * PART + NUMBER_BYTES + row * KEY_BYTES

    def _find_numbers_offset(self, process: int, row: int) -> int:
        return (process * PART + NUMBER_BYTES + ROWS * KEY_BYTES) // NUMBER_BYTES + row * WIDTH


def _encode_labels(labels: Labels) -> bytes:
    """Encode labels into a key of fixed length; a route that is too long is cut off."""
    method, route, status = (part.encode("ascii", "replace") for part in labels)
    room = KEY_BYTES - len(method) - len(status) - 2
    return b"\n".join((method, route[:room], status)).ljust(KEY_BYTES, b"\0")
