"""The process that sessions live in, as far as it matters to them; it loads no library for stores without Socket.IO."""

from typing import Protocol

from petstore.server.web_sockets import CountCall, count_nothing


class Sessions(Protocol):
    """The sessions that are open."""

    def __len__(self) -> int: ...
    def end_all_sessions(self) -> None: ...


class HostProcess:
    """The process. Used in the event loop only.

    Attributes:
        sessions: None before the first one.
        is_ending: no session begins any more.
        count_call: counts what is done in sessions.
    """

    def __init__(self) -> None:
        self.sessions: Sessions | None = None
        self.is_ending = False
        self.count_call: CountCall = count_nothing

    def end_all_sessions(self) -> None:
        """End every session, now and from now on: clients connect anew, to another process."""
        self.is_ending = True
        if self.sessions is not None:
            self.sessions.end_all_sessions()


host_process = HostProcess()
"""This process."""
