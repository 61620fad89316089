"""The tour in README.md, run for real: `python -m tests.tour` records its answers anew, a test compares them.

A ```console block holds commands (`$ `, going on after a backslash) and, below each, what it prints. All blocks run in
one shell against one demo store, so a later command knows the variables of an earlier one.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
START_SECONDS = 120

_BLOCK = re.compile(r"(```console\n)(.*?)(```\n)", re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n", re.MULTILINE)
_END = "--- end of the answer ---"
_VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "TOKEN"),
    (re.compile(r"cursor=[\w-]+"), "cursor=CURSOR"),
    (re.compile(r"whsec_[\w+/=]+"), "SECRET"),
    (re.compile(r"(/receipts/UUID/)[\w-]{64}"), r"\1KEY"),
    (re.compile(r"sha256=[0-9a-f]{64}|v1,[\w+/=]+"), "SIGNATURE"),
    (re.compile(r'"durationMs": \d+'), '"durationMs": N'),
    (re.compile(r"(?im)^(date|ratelimit[\w-]*|webhook-timestamp): .*$"), r"\1: VARIES"),
)


def record(readme: str) -> str:
    """README with the answers that its commands give now."""
    tour = readme[readme.index("## A tour") : readme.index("## The back office")]
    with demo_store() as (port, environment):
        answers = iter(_answers(tour, port, environment))
        told = _BLOCK.sub(lambda block: f"{block[1]}{_told(block[2], answers)}{block[3]}", tour)
    return readme.replace(tour, told)


def comparable(text: str) -> str:
    """The text with everything that differs from one run to the next replaced by its name."""
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


@contextmanager
def demo_store() -> Iterator[tuple[int, dict[str, str]]]:
    """A fresh demo store on SQLite, served on a free port; gives the port and the environment of its commands.

    The store may call one more port of this machine, which OUTBOUND_ALLOW names.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        port, receiver_port = _free_port(), _free_port()
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{place}/store.sqlite3",
            "MEDIA_ROOT": f"{place}/media",
            "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
            "OUTBOUND_ALLOW": f"127.0.0.1:{receiver_port}",
            "RATE_LIMIT": "100/min",
            "PYTHONWARNINGS": "default",
        }
        command = [sys.executable, "manage.py", "demo", f"--port={port}"]
        with (
            Path(place, "demo.log").open("wb") as log,
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as server,  # noqa: S603  # ours
        ):
            try:
                _wait_until_ready(port, server)
                yield port, environment
            finally:
                server.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError("The demo store did not start.")


def _answers(tour: str, port: int, environment: dict[str, str]) -> list[str]:
    commands = [match[1] for block in _BLOCK.finditer(tour) for match in _COMMAND.finditer(block[2])]
    script = "".join(f"{command}\nprintf '%s\\n' '{_END}'\n" for command in commands)
    places = {"127.0.0.1:8000": f"127.0.0.1:{port}", "127.0.0.1:9000": environment["OUTBOUND_ALLOW"]}
    for readers, ours in places.items():
        script = script.replace(readers, ours)
    script = f'uv() {{ shift; "{sys.executable}" "$@"; }}\n' + script
    done = subprocess.run(
        ["/bin/bash", "-s"], input=script, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    printed = done.stdout.replace("\r", "")
    for readers, ours in places.items():
        printed = printed.replace(ours, readers)
    return [answer.strip("\n") for answer in printed.split(f"{_END}\n")[:-1]]


def _told(block: str, answers: Iterator[str]) -> str:
    told = ""
    for match in _COMMAND.finditer(block):
        answer = next(answers)
        told += f"$ {match[1]}\n" + (f"{answer}\n" if answer else "")
    return told


if __name__ == "__main__":
    README.write_text(record(README.read_text(encoding="utf-8")), encoding="utf-8")
