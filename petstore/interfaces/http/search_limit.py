"""Let each process run one search by words at a time: it reads every row, on both databases (guarantees, G18).

An index would not help: two letters are too few for one, and an index over descriptions would slow every order.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse

from kernel.errors import DomainError, Kind
from petstore.interfaces.http.error_handlers import respond_service_unavailable

WORDS = ("search", "q", "term")
"""The query parameters of searches: of the API, of the back office's lists, and of its autocompletes."""
MOMENT_SECONDS = 0.05


class SearchSlot:
    """The slot of the one search that may run; a second one waits a moment, because most searches take no longer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began_at = 0.0

    def acquire_search_slot(self) -> bool:
        """Take the slot if it is or gets free, and return whether it was; `release_search_slot` frees it again."""
        left = self._began_at + MOMENT_SECONDS - time.monotonic()
        if not self._lock.acquire(timeout=min(max(left, 0.0), MOMENT_SECONDS)):
            return False
        self._began_at = time.monotonic()
        return True

    def release_search_slot(self) -> None:
        self._lock.release()


search_slot = SearchSlot()


class SearchIsBusy(DomainError):
    """Another search by words is running in this process."""

    kind = Kind.UNAVAILABLE
    code = "search_is_busy"
    title = "Another search is still running; try again in a moment"
    retry_after = 1


@contextmanager
def hold_search_slot(words: str) -> Iterator[None]:
    """Hold the slot for a search by words as long as the block lasts; without words nothing is held.

    Raises:
        SearchIsBusy
    """
    if not words:
        yield
        return
    if not search_slot.acquire_search_slot():
        raise SearchIsBusy
    try:
        yield
    finally:
        search_slot.release_search_slot()


class SearchMiddleware:
    """Refuse a search with a 503 while another one runs in this process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.META.get("QUERY_STRING"):
            return self.get_response(request)
        try:
            with hold_search_slot("".join(request.GET.get(name, "") for name in WORDS)):
                return self.get_response(request)
        except SearchIsBusy as error:
            return respond_service_unavailable(request, f"{error.detail}.")
