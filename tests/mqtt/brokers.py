"""Brokers that the tests start: Mosquitto on a port of its own, which can go away and come back."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import answers, free_port
from tests.tools import need_tool

PATIENCE_SECONDS = 20
OPEN_TO_ALL = "allow_anonymous true"


class Mosquitto:
    """A broker that is started and killed at will; it forgets everything when it ends.

    Args:
        folder: for its configuration and its log.
        lines: of its configuration, after the listener's.
    """

    def __init__(self, folder: Path, *lines: str) -> None:
        self._program = need_tool("mosquitto", package="mosquitto")
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._configuration = folder / "mosquitto.conf"
        self.log = folder / "mosquitto.log"
        said = (f"listener {self.port} 127.0.0.1", *(lines or (OPEN_TO_ALL,)), "set_tcp_nodelay true")
        self._configuration.write_text("\n".join(said) + "\n")

    @property
    def url(self) -> str:
        """Its address, as MQTT_URL names it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            command = (self._program, "-v", "-c", str(self._configuration))
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603  # ours
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not answers(self.port):
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as kill -9 does; nothing happens if it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_broker(*lines: str) -> Iterator[Mosquitto]:
    """A broker that answers, with these lines of configuration; open to all without any."""
    with tempfile.TemporaryDirectory(prefix="petstore-mosquitto-") as name:
        Path(name).chmod(0o755)  # Mosquitto, started by root, becomes a user of its own
        broker = Mosquitto(Path(name), *lines)
        try:
            broker.start()
            yield broker
        finally:
            broker.kill()
