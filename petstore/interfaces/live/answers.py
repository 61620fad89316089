"""Limits of the advisor's answers that are under way in a process.

The bounds are a process's own, for the reasons that `petstore.interfaces.live.streams` gives: under `--workers 4` a
person whose connections come to different processes may have four times as many.
"""

from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Final
from uuid import UUID

from kernel.errors import DomainError, Kind

PER_USER: Final = 8
PER_PROCESS: Final = 500
"""Each has a connection of the caller's and one to the model."""


class TooManyAnswers(DomainError):
    """The person has as many answers under way as they may."""

    kind = Kind.TOO_MANY
    code = "too_many_answers"
    title = "You have as many answers under way as you may"
    retry_after = 5


class AdvisorBusy(DomainError):
    """This process has as many answers under way as it can serve."""

    kind = Kind.UNAVAILABLE
    code = "advisor_busy"
    title = "The advisor has too many questions to answer"
    retry_after = 5


class AnswerRegistry:
    """The answers that are under way in this process. Its methods may be called from any thread."""

    def __init__(self, per_user: int = PER_USER, per_process: int = PER_PROCESS) -> None:
        self._per_user, self._per_process = per_user, per_process
        self._counts: Counter[UUID | None] = Counter()
        self._lock = Lock()

    def __len__(self) -> int:
        return self._counts.total()

    def check_free_place(self, user_id: UUID | None) -> None:
        """Check that another answer may begin; raises TooManyAnswers, AdvisorBusy."""
        with self._lock:
            self._require_free_place(user_id)

    def take_place(self, user_id: UUID | None) -> Callable[[], None]:
        """Count an answer until the function that this returns is called; more calls of it do nothing.

        Raises:
            TooManyAnswers, AdvisorBusy
        """
        with self._lock:
            self._require_free_place(user_id)
            self._counts[user_id] += 1
        left = [user_id]

        def leave_place() -> None:
            with self._lock:
                if left:
                    self._counts[left.pop()] -= 1
                    if not self._counts[user_id]:
                        del self._counts[user_id]

        return leave_place

    def _require_free_place(self, user_id: UUID | None) -> None:
        if self._counts[user_id] >= self._per_user:
            raise TooManyAnswers
        if self._counts.total() >= self._per_process:
            raise AdvisorBusy


answers = AnswerRegistry()
