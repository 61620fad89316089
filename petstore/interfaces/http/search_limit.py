"""A search by words reads every row there is, on both databases: each process does one at a time (G18).

An index could not bound it: two letters are too few for one, and every order would write one over descriptions anew.
"""

import threading
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from petstore.interfaces.http.error_handlers import respond_service_unavailable

WORDS = ("search", "q", "term")
"""The query parameters that look for words: of the API, of the back office's lists, and of its pickers."""
MOMENT_SECONDS = 0.05


class SearchSlot:
    """Lets one in at a time; whoever comes while that one has just begun waits for a moment, as most take no longer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began_at = 0.0

    def acquire_search_slot(self) -> bool:
        """Whether it is one's turn; then it has to be ended."""
        left = self._began_at + MOMENT_SECONDS - time.monotonic()
        if not self._lock.acquire(timeout=min(max(left, 0.0), MOMENT_SECONDS)):
            return False
        self._began_at = time.monotonic()
        return True

    def release_search_slot(self) -> None:
        self._lock.release()


search_slot = SearchSlot()


class SearchMiddleware:
    """Refuses a search with a 503 while another one runs in this process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.META.get("QUERY_STRING") or not any(request.GET.get(name) for name in WORDS):
            return self.get_response(request)
        if not search_slot.acquire_search_slot():
            return respond_service_unavailable(request, "Another search is still running; try again in a moment.")
        try:
            return self.get_response(request)
        finally:
            search_slot.release_search_slot()
