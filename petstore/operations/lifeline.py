"""A child process ends with its parent, even when the parent is killed: the pipe between them tells it."""

import os
import signal
import threading

VARIABLE = "PETSTORE_LIFELINE"


def hold() -> None:
    """End this process politely as soon as the other end of the pipe is gone; nothing without a parent of ours."""
    descriptor = os.environ.get(VARIABLE)
    if descriptor is not None:
        threading.Thread(target=_wait, args=(int(descriptor),), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
