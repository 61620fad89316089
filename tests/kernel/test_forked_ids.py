import subprocess
import sys

from petstore.operations.launching import ROOT

FOUR_PROCESSES = """
import os
from kernel import ids
ids.new_id()
os.fork()
os.fork()
os.write(1, "".join(f"{ids.new_id()} " for _ in range(99)).encode())
"""
"""Each writes once, and less than a pipe takes in one piece."""


def test_forked_processes_never_make_the_same_id() -> None:
    done = subprocess.run([sys.executable, "-c", FOUR_PROCESSES], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    made = done.stdout.split()
    assert len(made) == len(set(made)) == 4 * 99
