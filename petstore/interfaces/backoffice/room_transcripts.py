"""The messages of a support room as its page shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.timesince import timesince

from chat.models import ParticipantRole, RoomMessage
from kernel import clock
from petstore.interfaces.representation.rooms import ERASED_TEXT

MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message on the page.

    Attributes:
        begins_day: the message before it, if there is one on the page, is of another day.
        is_read_up_to: it is the newest answer that the customer has read.
    """

    row: RoomMessage
    begins_day: bool = False
    is_read_up_to: bool = False

    @property
    def shown_text(self) -> str:
        """Return the text; of somebody who is erased, what stands for it."""
        return self.row.text or ERASED_TEXT

    @property
    def sender_name(self) -> str:
        """Return the sender's first name, or what they are where they have none."""
        return self.row.sender_name or ("Staff" if self.is_answer else "Customer")

    @property
    def is_answer(self) -> bool:
        """Return whether the staff wrote it."""
        return self.row.role == ParticipantRole.AGENT

    @property
    def sent_day(self) -> date:
        """Return the day on which it was sent."""
        return self.row.sent_at.date()

    @property
    def day_text(self) -> str:
        """Return the day in words."""
        return describe_day(self.sent_day, clock.now().date())


def describe_day(day: date, today: date) -> str:
    """Describe a day as people say it: today, yesterday, or its name and date."""
    if day == today:
        return "Today"
    return "Yesterday" if day == today - timedelta(days=1) else date_format(day, "l, j F Y")


def describe_wait(since: datetime) -> str:
    """Describe how long somebody has waited: its largest unit, or a moment."""
    now = clock.now()
    return timesince(since, now, depth=1) if now - since >= timedelta(minutes=1) else "a moment"


def build_message_lines(messages: Sequence[RoomMessage], *, read_number: int) -> Iterator[MessageLine]:
    """Yield the lines of messages that follow one another.

    Args:
        read_number: the number up to which the customer has read.
    """
    answers = [row.number for row in messages if row.role == ParticipantRole.AGENT and row.number <= read_number]
    before: date | None = None
    for row in messages:
        day = row.sent_at.date()
        yield MessageLine(row, begins_day=day != before, is_read_up_to=row.number in answers[-1:])
        before = day


def parse_row_number(text: str) -> int | None:
    """Return the number of a change in a text; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
