"""Print the MiB by which this process grows over messages with names of their own: as we read them, and as lxml does.

`python -m tests.soap.strange_names`, for a test.
"""

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petstore.settings.dev")
django.setup()

from rest_framework.exceptions import ParseError  # noqa: E402  # Django has to be set up first

from petstore.interfaces.soap.envelopes import read_body_element  # noqa: E402
from petstore.interfaces.soap.names import read_with_names  # noqa: E402
from petstore.interfaces.soap.walls import check_message_walls  # noqa: E402
from tests.soap.consumers import envelope  # noqa: E402

MESSAGES = 10


def write_message(number: int) -> str:
    """A message of 45 000 names that no other message has."""
    fields = "".join(
        f"<a{number}_{i} " + " ".join(f'b{number}_{i}_{j}=""' for j in range(50)) + "/>" for i in range(900)
    )
    return envelope(fields)


def read_as_exchange(text: str) -> None:
    """Read a message as the exchange does."""
    names = check_message_walls(text)
    refuse(lambda: read_with_names(names, lambda: read_body_element(text)))


def refuse(read: Callable[[], object]) -> None:
    """Read a message of many elements, which is none of ours."""
    try:
        read()
    except ParseError:
        return
    raise AssertionError("the message was taken")


def measure_growth(read: Callable[[int], None]) -> int:
    """The MiB by which the process grows; the first messages fill what is taken as known."""
    for number in range(2):
        read(number)
    before = read_resident_size()
    for number in range(MESSAGES, 2 * MESSAGES):
        read(number)
    return (read_resident_size() - before) >> 20


def read_resident_size() -> int:
    """The bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    kept = measure_growth(lambda number: read_as_exchange(write_message(number)))
    control = measure_growth(lambda number: refuse(lambda: read_body_element(write_message(100 + number))))
    sys.stdout.write(f"{kept} {control}\n")
