"""Bound the names that libxml2 keeps (contract, SOAP; guarantees, G18).

Every name that a thread's parser has met stays in that thread's dictionary until the thread ends, also the names of
refused messages. So a message with names beyond those that are known is read in a thread of its own.
"""

import threading
from collections.abc import Callable, Set
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

MAX_NAMES: Final = 2000
MAX_LENGTH: Final = 64 * 1024
"""The most names, and their most characters together, that a process takes as known."""

_T = TypeVar("_T")


class KnownNames:
    """The names that messages had, as far as there is room: toolkits use the same ones again and again."""

    def __init__(self, most: int = MAX_NAMES, length: int = MAX_LENGTH) -> None:
        self._names: set[str] = set()
        self._most, self._left = most, length
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._names)

    def learn_names(self, names: Set[str]) -> bool:
        """Return whether all these names are known, or are from now on."""
        new = names - self._names
        if not new:
            return True
        length = sum(map(len, new))
        with self._lock:
            if len(self._names) + len(new) > self._most or length > self._left:
                return False
            self._names |= new
            self._left -= length
        return True


known_names: Final = KnownNames()


def read_with_names(names: Set[str], read: Callable[[], _T]) -> _T:
    """Read a message in this thread, or in one that ends with it where some of its names have to be forgotten."""
    if known_names.learn_names(names):
        return read()
    with ThreadPoolExecutor(1, thread_name_prefix="unknown names") as once:
        return once.submit(read).result()
