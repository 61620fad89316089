"""A primary and its standby on machines of their own, and the keeper that looks after them, as Patroni does."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.cluster.network import ROOT, Machine, Network, Program, Unable
from tests.stress.clusters import OWNER, binaries

PORT = 5432
DEAD_SECONDS = 3.0
"""The time without an answer after which the primary is given up."""
LOOK_SECONDS = 0.5
REJOIN_SECONDS = 40.0
SETTINGS = (
    "listen_addresses=*", "max_connections=200", "shared_buffers=64MB", "wal_sender_timeout=5s",
    "wal_receiver_timeout=5s", "wal_receiver_status_interval=1s", "wal_retrieve_retry_interval=500ms",
    "tcp_keepalives_idle=5", "tcp_keepalives_interval=2", "tcp_keepalives_count=3", "hot_standby=on",
)  # fmt: skip


def find_programs() -> Path:
    """Return the folder of PostgreSQL's programs; raises Unable where there is none."""
    found = binaries()
    if found is None:
        raise Unable("PostgreSQL's server programs (apt-get install postgresql)")
    return found


class Server:
    """PostgreSQL on a machine."""

    def __init__(self, machine: Machine, network: Network) -> None:
        self.machine, self._network = machine, network
        self._programs = find_programs()
        self.data = machine.folder / "data"
        if OWNER:
            shutil.chown(machine.folder, OWNER)
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        words = (str(self._programs / "postgres"), "-D", str(self.data), "-k", str(machine.folder), *options)
        machine.programs = [Program(words, user=OWNER)]

    @property
    def name(self) -> str:
        return self.machine.name

    @property
    def url(self) -> str:
        return f"postgres://postgres@{self.machine.address}:{PORT}/petstore"

    def create(self) -> None:
        """Make it of a copy of a store that is migrated, and start it."""
        _copy_folder(prepare_store(self._programs), self.data)
        self._admit_network()
        self.machine.start()
        wait_for(self.answers, 30)

    def follow(self, primary: "Server") -> None:
        """Become the standby of another one, whatever it was before."""
        shutil.rmtree(self.data, ignore_errors=True)
        address = ("-h", primary.machine.address, "-p", str(PORT), "-U", "postgres")
        words = (str(self._programs / "pg_basebackup"), "-D", str(self.data), *address, "-R", "-c", "fast", "-N")
        self.machine.run_to_end(*words, user=OWNER)
        self.machine.start()

    def answers(self) -> bool:
        return self.ask("SELECT true") == (True,)

    def ask(self, sql: str) -> tuple[object, ...] | None:
        """Return the first row; None where it does not answer in time."""
        try:
            with psycopg.connect(self.url, connect_timeout=2, autocommit=True) as made:
                return made.execute(sql.encode()).fetchone()
        except psycopg.Error:
            return None

    def execute(self, *statements: str) -> None:
        """Run each of the statements.

        Raises:
            OperationalError: it does not answer.
        """
        with psycopg.connect(self.url, connect_timeout=2, autocommit=True) as made:
            for sql in statements:
                made.execute(sql.encode())

    def wait_for_standby(self, *, is_needed: bool) -> None:
        """Acknowledge only what the standby has, or no more wait for one."""
        names = "walreceiver" if is_needed else ""  # pg_basebackup streams, too
        self.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'", "SELECT pg_reload_conf()")

    def acknowledge_alone(self) -> None:
        """Do so on the machine itself, for nobody can reach it."""
        with psycopg.connect(f"postgres://postgres@/petstore?host={self.machine.folder}", autocommit=True) as made:
            made.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            made.execute("SELECT pg_reload_conf()")

    def has_live_standby(self) -> bool:
        sql = """SELECT count(*) FROM pg_stat_replication
                 WHERE application_name = 'walreceiver' AND state = 'streaming'
                 AND reply_time > clock_timestamp() - interval '2 s'"""
        return self.ask(sql) == (1,)

    def _admit_network(self) -> None:
        with (self.data / "pg_hba.conf").open("a") as admitted:
            for what in ("all", "replication"):
                admitted.write(f"host {what} all {self._network.range} trust\n")


class Keeper:
    """Looks at the primary twice a second; where it is lost it is fenced off, and its standby promoted.

    The standby is promoted only if the primary waited for it before it was lost: it has all that was acknowledged.
    While there is no standby that follows, the primary goes on without one.

    Attributes:
        primary: the one that takes writes, as far as the keeper knows.
        standby: the other one.
        fences: a primary that is given up is killed; without it, it goes on and believes that it is the primary.
        is_synchronous: the primary acknowledges what the standby has, and nothing else.
        told: what has happened, with its time.
    """

    def __init__(self, primary: Server, standby: Server, point_at: Callable[[Server], None]) -> None:
        self.primary, self.standby = primary, standby
        self.fences = True
        self.told: list[tuple[float, str]] = []
        self._point_at = point_at
        self.is_synchronous = False
        self._followed_at = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def begin(self) -> None:
        """Have the standby follow, and look after both from now on."""
        self._thread.start()
        self.rejoin()

    def rejoin(self) -> None:
        """Make the standby anew of the primary, and wait until every order waits for it."""
        self.standby.machine.kill()
        wait_for(lambda: not self.is_synchronous, REJOIN_SECONDS)
        self.standby.follow(self.primary)
        wait_for(lambda: self.is_synchronous, REJOIN_SECONDS)

    def end(self) -> None:
        self._done.set()
        if self._thread.ident:
            self._thread.join(10)

    def _look_on(self) -> None:
        last = time.monotonic()
        while not self._done.wait(LOOK_SECONDS):
            with suppress(psycopg.Error):
                if self.primary.answers():
                    last = time.monotonic()
                    self._look_at_standby()
                elif time.monotonic() - last > DEAD_SECONDS and self.is_synchronous:
                    self._promote()
                    last = time.monotonic()

    def _look_at_standby(self) -> None:
        """Wait for it no more once it is away for a while, and again once it follows."""
        follows = self.primary.has_live_standby()
        if follows:
            self._followed_at = time.monotonic()
        is_away = time.monotonic() - self._followed_at > DEAD_SECONDS
        if is_away if self.is_synchronous else follows:
            self.primary.wait_for_standby(is_needed=follows)
            self.is_synchronous = follows
            self._tell("waits for its standby" if follows else "goes on without a standby")

    def _promote(self) -> None:
        if self.fences:
            self.primary.machine.kill()
        self.standby.execute("SELECT pg_promote(true, 20)")
        self.primary, self.standby = self.standby, self.primary
        self.primary.wait_for_standby(is_needed=False)
        self.is_synchronous = False
        self._point_at(self.primary)
        self._tell("is promoted")

    def _tell(self, what: str) -> None:
        self.told.append((time.monotonic(), f"{self.primary.name} {what}"))


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until it holds.

    Raises:
        TimeoutError: it does not.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain for {getattr(condition, '__qualname__', condition)}")
        time.sleep(0.1)


def prepare_store(programs: Path) -> Path:
    """Return the files of a server with a migrated store, made once for these migrations: that takes half a minute."""
    place = Path(tempfile.gettempdir()) / f"petstore-cluster-{os.getuid()}-{_digest_migrations()}"
    if not place.exists():
        with tempfile.TemporaryDirectory(prefix="petstore-cluster-") as name:
            folder = Path(name)
            if OWNER:
                shutil.chown(folder, OWNER)
            _make_store(folder, programs)
            _copy_folder(folder / "data", Path(f"{place}.{os.getpid()}"))
            Path(f"{place}.{os.getpid()}").rename(place)
    return place


def _copy_folder(source: Path, target: Path) -> None:
    subprocess.run(("cp", "--archive", str(source), str(target)), check=True)  # noqa: S603, S607  # it keeps the owner


def _digest_migrations() -> str:
    digest = hashlib.sha256()
    for path in sorted(ROOT.glob("*/migrations/*.py")) + sorted(ROOT.glob("petstore/*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _make_store(folder: Path, programs: Path) -> None:
    def run(program: str, *words: str) -> None:
        command = (str(programs / program), "-D", str(folder / "data"), *words)
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, user=OWNER, group=OWNER)  # noqa: S603  # ours

    run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    run("pg_ctl", "start", "--wait", f"--log={folder}/log", f"--options=-c listen_addresses='' -k {folder}")
    try:
        with psycopg.connect(f"postgres://postgres@/postgres?host={folder}", autocommit=True) as made:
            made.execute("CREATE DATABASE petstore")
        url = f"postgres://postgres@/petstore?host={folder}"
        variables = {"DATABASE_URL": url, "WORKER_ENGINE": "procrastinate", "PATH": os.environ["PATH"]}
        command = (sys.executable, "manage.py", "migrate", "--verbosity=0")
        subprocess.run(command, cwd=ROOT, env=variables, check=True)  # noqa: S603  # ours
    finally:
        run("pg_ctl", "stop", "--wait", "--mode=fast")
