"""Machines that are network namespaces: a bridge, and for each machine a cable to it and an address of its own."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools import find_tool

ROOT = Path(__file__).parents[2]
PREFIX = "petstore"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
END_SECONDS = 5.0


class Unable(Exception):
    """This computer lets nobody make network namespaces; the message says how to have it."""


def require_namespaces() -> None:
    """Raise Unable where namespaces cannot be made."""
    if find_tool("ip") is None:
        raise Unable("iproute2 (apt-get install iproute2)")
    probe = f"{PREFIX}-{os.getpid()}-probe"
    if subprocess.run(("ip", "netns", "add", probe), capture_output=True, check=False).returncode:  # noqa: S603, S607  # ours
        raise Unable("network namespaces (run as root, in a container with --privileged)")
    _run_ip("netns", "del", probe)


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a machine.

    Attributes:
        user: who runs it, where it refuses to run as root.
    """

    words: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None


class Machine:
    """A namespace with its programs.

    Attributes:
        folder: where its files and its log are.
        programs: what is started on it.
    """

    def __init__(self, name: str, address: str, folder: Path) -> None:
        self.name, self.address, self.folder = name, address, folder
        self.namespace = f"{PREFIX}-{os.getpid()}-{name}"
        self.cable = f"{name}-{os.getpid()}"
        self.programs: list[Program] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True)

    def connect(self, bridge: str) -> None:
        """Make the namespace and put its cable into the bridge."""
        _run_ip("netns", "add", self.namespace)
        _run_ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        _run_ip("link", "set", self.cable, "master", bridge, "up")
        inside = ("-n", self.namespace)
        _run_ip(*inside, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for link in ("eth0", "lo"):
            _run_ip(*inside, "link", "set", link, "up")

    def start(self) -> None:
        """Start all of its programs."""
        self._processes = [self.launch(program) for program in self.programs]

    def launch(self, program: Program) -> subprocess.Popen[bytes]:
        """Start a program here; what it says is in the machine's log."""
        as_user = (
            ("setpriv", "--reuid", program.user, "--regid", program.user, "--clear-groups") if program.user else ()
        )
        words = ("ip", "netns", "exec", self.namespace, *as_user, *program.words)
        environment = {"PATH": f"{os.environ.get('PATH', '')}:{PATH}", "HOME": str(self.folder), "LANG": "C.UTF-8"}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # ours
                words,
                cwd=ROOT,
                env={**environment, **program.variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run_to_end(self, *words: str, user: str | None = None) -> None:
        """Run a program here and wait for its end.

        Raises:
            CalledProcessError: it did not go well.
        """
        process = self.launch(Program(words, user=user))
        if code := process.wait(60):
            raise subprocess.CalledProcessError(code, words)

    def kill(self) -> None:
        """End all processes at once, as a power cut does."""
        self._send_signal(signal.SIGKILL)
        deadline = time.monotonic() + END_SECONDS
        while self.list_pids() and time.monotonic() < deadline:
            self._send_signal(signal.SIGKILL)
            time.sleep(0.02)
        for process in self._processes:
            process.wait(END_SECONDS)

    def freeze(self) -> None:
        """Stop all processes in the middle of what they do; the kernel goes on taking connections for them."""
        self._send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let frozen processes go on."""
        self._send_signal(signal.SIGCONT)

    def count_callers(self, port: int) -> int:
        """Count the connections that are open to a port of this machine."""
        command = ("ip", "netns", "exec", self.namespace, "ss", "-Htn", "state", "established", f"sport = :{port}")
        return len(subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines())  # noqa: S603  # ours

    def cut_off(self) -> None:
        """Pull the cable."""
        _run_ip("link", "set", self.cable, "down")

    def reconnect(self) -> None:
        """Put the cable in again."""
        _run_ip("link", "set", self.cable, "up")

    def remove(self) -> None:
        """End everything and take the namespace away; the cable goes with it."""
        with suppress(subprocess.SubprocessError):
            self.kill()
        subprocess.run(("ip", "link", "del", self.cable), capture_output=True, check=False)  # noqa: S603, S607  # ours
        subprocess.run(("ip", "netns", "del", self.namespace), capture_output=True, check=False)  # noqa: S603, S607  # ours

    def _send_signal(self, number: signal.Signals) -> None:
        for pid in self.list_pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def list_pids(self) -> list[int]:
        command = ("ip", "netns", "pids", self.namespace)
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  # ours
        return [int(pid) for pid in said.split()]


class Network:
    """A bridge of this computer; what runs outside of all machines has its own address on it.

    Attributes:
        address: of this computer on the bridge.
        machines: by name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bridge = f"pets-{os.getpid()}"
        self._net = f"10.213.{os.getpid() % 250 + 1}"
        self.address = f"{self._net}.1"
        self.machines: dict[str, Machine] = {}

    @property
    def range(self) -> str:
        """The addresses of all machines."""
        return f"{self._net}.0/24"

    def open(self) -> None:
        """Make the bridge, and take away what killed runs have left."""
        _remove_remains()
        _run_ip("link", "add", self.bridge, "type", "bridge")
        _run_ip("addr", "add", f"{self.address}/24", "dev", self.bridge)
        _run_ip("link", "set", self.bridge, "up")

    def add_machine(self, name: str) -> Machine:
        """Connect a new machine."""
        machine = Machine(name, f"{self._net}.{len(self.machines) + 10}", self.folder / name)
        self.machines[name] = machine
        machine.connect(self.bridge)
        return machine

    def close(self) -> None:
        """Take everything away."""
        for machine in self.machines.values():
            machine.remove()
        subprocess.run(("ip", "link", "del", self.bridge), capture_output=True, check=False)  # noqa: S603, S607  # ours
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove_remains() -> None:
    """Take away namespaces and bridges of runs that are gone without a goodbye."""
    said = subprocess.run(("ip", "netns", "list"), capture_output=True, text=True, check=False).stdout  # noqa: S607  # ours
    names = [line.split()[0] for line in said.splitlines() if line.startswith(f"{PREFIX}-")]
    for name in names:
        pid = name.split("-")[1]
        if Path(f"/proc/{pid}").exists():
            continue
        said = subprocess.run(("ip", "netns", "pids", name), capture_output=True, text=True, check=False).stdout  # noqa: S603, S607  # ours
        for one in said.split():
            with suppress(ProcessLookupError):
                os.kill(int(one), signal.SIGKILL)
        subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)  # noqa: S603, S607  # ours
        subprocess.run(("ip", "link", "del", f"pets-{pid}"), capture_output=True, check=False)  # noqa: S603, S607  # ours


def _run_ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)  # noqa: S603, S607  # ours
