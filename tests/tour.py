"""Run the commands of README.md and docs/tour.md: `python -m tests.tour` records their answers, a test compares them.

A ```console block holds commands (`$ `, going on after a backslash) and, below each, what it prints. All blocks of a
page run in one shell, so a later command knows the variables of an earlier one, and all pages against one demo store.
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
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "tour.md")
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
    (re.compile(r"chatcmpl_[a-z0-9]+"), "CHATCMPL"),
    (re.compile(r'"created": ?\d+'), '"created": N'),
    (re.compile(r'"device_code": "[\w-]+"'), '"device_code": "CODE"'),
    (re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b"), "USER-CODE"),
    (re.compile(r"(?im)^(date|ratelimit[\w-]*|webhook-timestamp): .*$"), r"\1: VARIES"),
)


@dataclass(frozen=True, slots=True)
class DemoStore:
    """A demo store that is served: its port, the environment of its commands, and what `demo` has printed."""

    port: int
    environment: dict[str, str]
    log: Path


def record_pages() -> dict[Path, str]:
    """Return each page with the answers that its commands give now, one page after the other in one store."""
    with demo_store() as store:
        return {path: _record_answers(path.read_text(encoding="utf-8"), store) for path in PAGES}


def _record_answers(page: str, store: DemoStore) -> str:
    answers = iter(run_commands(page, store))
    return _BLOCK.sub(lambda block: f"{block[1]}{_fill_block(block[2], answers)}{block[3]}", page)


def mask_varying(text: str) -> str:
    """Return the text with everything that differs from one run to the next replaced by its name."""
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


@contextmanager
def demo_store() -> Iterator[DemoStore]:
    """Serve a fresh demo store on SQLite at a free port; it may call one more port, which OUTBOUND_ALLOW names."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        port, receiver_port, grpc_port = _find_port(), _find_port(), _find_port()
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{place}/store.sqlite3",
            "MEDIA_ROOT": f"{place}/media",
            "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
            "OUTBOUND_ALLOW": f"127.0.0.1:{receiver_port}",
            "GRPC_PORT": str(grpc_port),
            "RATE_LIMIT": "100/min",
            "PYTHONWARNINGS": "default",
        }
        command = [sys.executable, "manage.py", "demo", f"--port={port}"]
        with (
            Path(place, "demo.log").open("wb") as log,
            Path(place, "progress.log").open("wb") as progress,
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=progress) as server,  # noqa: S603  # ours
        ):
            try:
                _wait_until_ready(port, server)
                yield DemoStore(port, environment, Path(log.name))
            finally:
                server.terminate()


def _find_port() -> int:
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


def run_commands(page: str, store: DemoStore) -> list[str]:
    """Run the commands of a page's console blocks in one shell; return the answer of each."""
    commands = [match[1] for block in _BLOCK.finditer(page) for match in _COMMAND.finditer(block[2])]
    script = "".join(f"{command}\nprintf '%s\\n' '{_END}'\n" for command in commands)
    places = {"127.0.0.1:8000": f"127.0.0.1:{store.port}", "127.0.0.1:9000": store.environment["OUTBOUND_ALLOW"]}
    places["127.0.0.1:50051"] = f"127.0.0.1:{store.environment['GRPC_PORT']}"
    for readers, ours in places.items():
        script = script.replace(readers, ours)
    script = f'uv() {{ shift; [ "$1" != python ] || shift; "{sys.executable}" "$@"; }}\n' + script
    done = subprocess.run(
        ["/bin/bash", "-s"], input=script, cwd=ROOT, env=store.environment, capture_output=True, text=True, check=True
    )
    printed = done.stdout.replace("\r", "")
    for readers, ours in places.items():
        printed = printed.replace(ours, readers)
    return [answer.strip("\n") for answer in printed.split(f"{_END}\n")[:-1]]


def _fill_block(block: str, answers: Iterator[str]) -> str:
    """Return the block's commands, each with its answer below."""
    filled = ""
    for match in _COMMAND.finditer(block):
        answer = next(answers)
        filled += f"$ {match[1]}\n" + (f"{answer}\n" if answer else "")
    return filled


if __name__ == "__main__":
    for place, text in record_pages().items():
        place.write_text(text, encoding="utf-8")
