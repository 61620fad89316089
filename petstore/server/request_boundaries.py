"""What has to be done at both ends of a request in its thread.

Django does it by signals, whose receivers look for all databases, caches and URLconfs anew. Here the same is done
directly, and the signals are sent only where somebody else listens.
"""

from typing import Any, Final

from django.core import signals
from django.core.cache import close_caches
from django.core.handlers.asgi import get_script_prefix
from django.core.handlers.base import reset_urlconf
from django.db import close_old_connections, connections, reset_queries
from django.http import HttpRequest, HttpResponseBase
from django.urls import set_script_prefix

DJANGOS_RECEIVERS: Final = {
    signals.request_started: (reset_queries, close_old_connections),
    signals.request_finished: (close_caches, close_old_connections, reset_urlconf),
}
"""What is done here in their place. The caches are in this process's memory and have nothing to close."""


class RequestBoundaries:
    """The ends of requests of one handler.

    Attributes:
        sender: of the signals.
    """

    def __init__(self, sender: type[Any]) -> None:
        self.sender = sender
        self._has_seen_prefix = False

    def begin_request(self, scope: Any) -> None:
        """Leave connections that are broken or too old, and set the prefix of a server that is mounted somewhere."""
        prefix = get_script_prefix(scope)
        if prefix or self._has_seen_prefix:
            self._has_seen_prefix = True
            set_script_prefix(prefix)
        if _is_heard_by_others(signals.request_started):
            signals.request_started.send(sender=self.sender, scope=scope)
        else:
            leave_worn_connections()

    def leave_open(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Let the end of a stream close what the request holds."""
        response._resource_closers.append(request.close)  # type: ignore[attr-defined]  # noqa: SLF001  # as Django's get_response does
        response._handler_class = self.sender  # type: ignore[attr-defined]  # noqa: SLF001  # close() reads it

    def finish_request(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Close what the request and its response hold."""
        response._handler_class = self.sender  # type: ignore[attr-defined]  # noqa: SLF001  # close() reads it, as in Django's handlers
        request.close()
        has_own_urlconf = "urlconf" in vars(request)
        if response._resource_closers or has_own_urlconf or _is_heard_by_others(signals.request_finished):  # type: ignore[attr-defined]  # noqa: SLF001  # as close() reads them
            response.close()
        else:
            response.closed = True
            leave_worn_connections()


def leave_worn_connections() -> None:
    """Close the connections of this thread that are broken or too old, and forget the log of their statements."""
    for alias in connections.settings:
        connection = connections[alias]
        connection.queries_log.clear()
        connection.close_if_unusable_or_obsolete()


def _is_heard_by_others(signal: Any) -> bool:
    return len(signal.receivers) > len(DJANGOS_RECEIVERS[signal])
