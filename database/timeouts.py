"""Time-outs of PostgreSQL for statements, locks and idle transactions, by the kind of process (guarantees, G18)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds; 0 for none.

    Attributes:
        statement: for one statement.
        lock: for each lock that a statement waits for.
        idle: for a transaction whose process says nothing, because it is frozen or cut off.
    """

    statement: int
    lock: int
    idle: int

    @property
    def answer_timeout(self) -> float | None:
        """Seconds to wait for the answer to a statement, which the server ends by itself if it can."""
        return self.statement + GRACE_SECONDS if self.statement else None

    def as_startup_options(self) -> str:
        """Return the startup options of a connection, which cost no round trip."""
        settings = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return " ".join(f"-c {name}={seconds}s" for name, seconds in settings.items())


WEB = Timeouts(statement=5, lock=2, idle=10)
WORKER = Timeouts(statement=30, lock=10, idle=10)
COMMAND = Timeouts(statement=0, lock=10, idle=10)
MIGRATION = Timeouts(statement=0, lock=5, idle=60)

_current = WEB


def current_timeouts() -> Timeouts:
    """Return the time-outs of this process's connections: the strictest unless it says what it is."""
    return _current


@contextmanager
def use_timeouts(timeouts: Timeouts) -> Iterator[None]:
    """For all connections that this process opens meanwhile, in whichever thread."""
    global _current  # noqa: PLW0603  # of the process, as its connections are
    before, _current = _current, timeouts
    try:
        yield
    finally:
        _current = before
