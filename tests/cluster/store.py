"""The store on eleven machines: balancers, web hosts, workers, poolers, PostgreSQL with its standby, Redis."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

import httpx
import psycopg

from tests.cluster.databases import Keeper, Server, find_programs, prepare_store, wait_for
from tests.cluster.network import ROOT, Machine, Network, Program, Unable, require_namespaces
from tests.stress.clusters import OWNER
from tests.tools import find_tool

WEB_PORT, POOLER_PORT, REDIS_PORT = 8000, 6432, 6379
BALANCERS, WEBS = ("balancer1", "balancer2"), ("web1", "web2", "web3")
WORKERS, POOLERS = ("worker1", "worker2"), ("pooler1", "pooler2")
DATABASES, REDIS = ("postgres1", "postgres2"), "redis"
START_SECONDS = 60.0
TOOLS = {"haproxy": "haproxy", "pgbouncer": "pgbouncer", "redis-server": "redis-server"}
PETS = 400
MAKE_SHOP = "tests.cluster.shop"


class Store:
    """All machines, the keeper of the databases, and the shop that is tried.

    Attributes:
        addresses: of the balancers, as clients know them.
        receiver_port: where the shop's webhooks go, on this computer's own address.
        tenant_id, pets: of the shop.
    """

    def __init__(self, network: Network, receiver_port: int) -> None:
        self.network, self.receiver_port = network, receiver_port
        self.machines = network.machines
        for name in (*BALANCERS, *WEBS, *WORKERS, *POOLERS, *DATABASES, REDIS):
            network.add_machine(name)
        first, second = (Server(self.machines[name], network) for name in DATABASES)
        self.keeper = Keeper(first, second, self.point_poolers_at)
        self.addresses = [f"http://{self.machines[name].address}" for name in BALANCERS]
        self.tenant_id, self.pets = "", list[str]()
        self._arrange()

    def start(self) -> None:
        """Start everything; what takes its time at the same time."""
        self.keeper.primary.create()
        for name in (*POOLERS, REDIS):
            self.machines[name].start()
        self._make_shop()
        for name in (*WEBS, *WORKERS, *BALANCERS):
            self.machines[name].start()
        self.keeper.begin()
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.wait_until_ready, (*WEBS, *BALANCERS)))

    def wait_until_ready(self, name: str) -> None:
        """Wait until a machine that serves answers as ready."""
        wait_for(partial(self.is_ready, name), START_SECONDS)

    def is_ready(self, name: str) -> bool:
        """Whether a machine that serves says so."""
        port = WEB_PORT if name in WEBS else 80
        try:
            return httpx.get(f"http://{self.machines[name].address}:{port}/readyz", timeout=3).is_success
        except httpx.TransportError:
            return False

    def point_poolers_at(self, primary: Server) -> None:
        """Have the poolers send everything to this server from now on, as a callback of Patroni's does."""
        for name in POOLERS:
            machine = self.machines[name]
            self._write_pooler(machine, primary.machine.address)
            for pid in _find_pids(machine, "pgbouncer"):
                os.kill(pid, 1)  # SIGHUP: what it has of the old server is closed after its transaction

    def close(self) -> None:
        self.keeper.end()
        self.network.close()

    def find_busiest_pooler(self) -> str:
        """Return the pooler that most connections go through: after a fault all have gone to the other one."""
        return max(POOLERS, key=lambda name: self.machines[name].count_callers(POOLER_PORT))

    def count_logged(self, text: str) -> int:
        """Count the lines of all logs that have this text."""
        logs = (machine.folder / "log" for machine in self.machines.values())
        return sum(text in line for log in logs for line in log.read_text(errors="replace").splitlines())

    def keep_logs(self, folder: Path) -> None:
        """Copy the log of each machine to a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for machine in self.machines.values():
            shutil.copy(machine.folder / "log", folder / f"{machine.name}.log")

    def _make_shop(self) -> None:
        url = f"http://{self.network.address}:{self.receiver_port}/hook"
        words = (sys.executable, "-m", MAKE_SHOP, url, str(PETS))
        variables = self._name_settings(self.machines["worker1"], self.keeper.primary.url)
        done = subprocess.run(  # noqa: S603  # ours
            words, cwd=ROOT, env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True, check=True
        )
        shop = json.loads(done.stdout)
        self.tenant_id, self.pets = shop["tenant"], shop["pets"]

    def _arrange(self) -> None:
        """Write what each machine runs, and its files."""
        poolers = ",".join(f"{self.machines[name].address}:{POOLER_PORT}" for name in POOLERS)
        servers = ",".join(self.machines[name].address for name in DATABASES)
        pooled = f"postgres://postgres@{poolers}/petstore?load_balance_hosts=random&connect_timeout=2"
        # at random, so that new connections meet both where two take writes
        direct = (
            f"postgres://postgres@{servers}/petstore?target_session_attrs=read-write&connect_timeout=2"
            "&load_balance_hosts=random"
        )
        for name in WEBS:
            machine = self.machines[name]
            serve = (sys.executable, "manage.py", "serve", "--host", machine.address, "--no-worker")
            settings = {**self._name_settings(machine, pooled), "DATABASE_PREPARE": "off"}
            machine.programs = [Program(serve, settings)]
        for name in WORKERS:
            machine = self.machines[name]
            work = (sys.executable, "manage.py", "run_worker")
            machine.programs = [Program(work, self._name_settings(machine, direct))]
        for name in BALANCERS:
            self._arrange_balancer(self.machines[name])
        for name in POOLERS:
            self._arrange_pooler(self.machines[name])
        redis = self.machines[REDIS]
        words = (
            "redis-server",
            "--bind",
            redis.address,
            "--protected-mode",
            "no",
            "--save",
            "",
            "--dir",
            str(redis.folder),
        )
        redis.programs = [Program(words)]

    def _name_settings(self, machine: Machine, database: str) -> Mapping[str, str]:
        """The environment of the application: all that differs between one laptop and this."""
        addresses = [self.machines[name].address for name in BALANCERS]
        return {
            "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://{self.machines[REDIS].address}:{REDIS_PORT}/0",
            "WORKER_ENGINE": "procrastinate",
            "ALLOWED_HOSTS": ",".join(["shop.example", machine.address, *addresses]),
            "TRUSTED_PROXIES": ",".join(addresses),
            "PUBLIC_URL": "http://shop.example",
            "OUTBOUND_ALLOW": f"{self.network.address}:{self.receiver_port}",
            "RATE_LIMIT": "1000/sec",
            "ANONYMOUS_ORDER_LIMIT": "off",
            "GRPC_PORT": "0",
            "LOG_FORMAT": "json",
            "JOURNAL_HEADS_FILE": str(machine.folder / "heads.jsonl"),
            "MEDIA_ROOT": str(machine.folder / "media"),
            "TMPDIR": str(machine.folder),
        }  # fmt: skip

    def _arrange_balancer(self, machine: Machine) -> None:
        text = (ROOT / "deploy/haproxy/petstore.cfg").read_text()
        text = _replace(text, "bind :443 ssl crt /etc/ssl/petstore.pem alpn h2,http/1.1", f"bind {machine.address}:80")
        text = _replace(text, "X-Forwarded-Proto https", "X-Forwarded-Proto http")
        for number, name in enumerate(WEBS, start=1):
            text = _replace(text, f"192.0.2.1{number}:8000", f"{self.machines[name].address}:{WEB_PORT}")
        path = machine.folder / "haproxy.cfg"
        path.write_text(text)
        machine.programs = [Program(("haproxy", "-f", str(path)))]

    def _arrange_pooler(self, machine: Machine) -> None:
        (machine.folder / "users").write_text('"postgres" ""\n')
        self._write_pooler(machine, self.keeper.primary.machine.address)
        if OWNER:
            shutil.chown(machine.folder, OWNER)
        machine.programs = [Program(("pgbouncer", str(machine.folder / "ini")), user=OWNER)]

    def _write_pooler(self, machine: Machine, primary: str) -> None:
        text = (ROOT / "deploy/pgbouncer/pgbouncer.ini").read_text()
        for old, new in {
            "petstore = host=127.0.0.1": f"petstore = host={primary}",
            "listen_addr = 127.0.0.1": f"listen_addr = {machine.address}",
            "auth_type = scram-sha-256": "auth_type = trust",
            "/etc/pgbouncer/userlist.txt": str(machine.folder / "users"),
        }.items():
            text = _replace(text, old, new)
        (machine.folder / "ini").write_text(text)


def _replace(text: str, old: str, new: str) -> str:
    assert old in text, f"there is no {old}"
    return text.replace(old, new)


def _find_pids(machine: Machine, program: str) -> list[int]:
    return [pid for pid in machine.list_pids() if Path(f"/proc/{pid}/comm").read_text().strip() == program]


def require_tools() -> None:
    """Raise Unable where something is missing on this computer."""
    for tool, package in TOOLS.items():
        if find_tool(tool) is None:
            raise Unable(f"{tool} (apt-get install {package})")
    find_programs()
    require_namespaces()


@contextmanager
def open_store(receiver_port: int, say: Callable[[str], None]) -> Iterator[Store]:
    """Start the store on its machines; everything is gone afterwards, whatever happens."""
    say("the store's files")
    prepare_store(find_programs())
    folder = Path(mkdtemp(prefix="petstore-cluster-"))
    folder.chmod(0o755)
    network = Network(folder)
    store = None
    try:
        network.open()
        store = Store(network, receiver_port)
        say("machines")
        store.start()
        yield store
    except (TimeoutError, subprocess.SubprocessError, psycopg.Error):
        for log in sorted(folder.glob("*/log")):
            say(f"the last of {log.parent.name}: {log.read_text(errors='replace')[-600:]}")
        raise
    finally:
        if store is None:
            network.close()
        else:
            store.close()
