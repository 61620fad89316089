import subprocess
import sys

from petstore.server.listener import ROOT

FOUR_PROCESSES = """
import os
from kernel import ids
ids.new_id()
os.fork()
os.fork()
os.write(1, "".join(f"{ids.new_id()} " for _ in range(40)).encode())
"""
"""Each writes once, and less than a pipe takes in one piece."""
RANDOM_DIGITS = 8
"""The last ones, after the time and the counter: they repeat even where the clock kept the ids apart by luck."""


def test_forked_processes_draw_random_digits_of_their_own() -> None:
    done = subprocess.run([sys.executable, "-c", FOUR_PROCESSES], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    drawn = [made[-RANDOM_DIGITS:] for made in done.stdout.split()]
    assert len(drawn) == len(set(drawn)) == 4 * 40
