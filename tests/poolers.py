"""PgBouncer in transaction mode in front of the run's PostgreSQL, in a process of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from database.row_security import name_roles
from tests.tools import need_tool

OWNER = "postgres" if os.getuid() == 0 else None
"""PgBouncer refuses to run as root."""
SERVER_CONNECTIONS = 6
PATIENCE_SECONDS = 30
LIMITS = "SET statement_timeout = 5000; SET lock_timeout = 1000; SET idle_in_transaction_session_timeout = 10000"
CONFIGURATION = """
[databases]
* = host={host} port={port} connect_query='{limits}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
query_wait_timeout = 10
{more}
"""


@contextmanager
def pooler(*, more: str = "", configuration: str = CONFIGURATION) -> Iterator[str]:
    """Give the run's DATABASE_URL by way of a pooler of Debian's version, which does not track prepared statements.

    Args:
        more: lines of its configuration.
        configuration: all of it, with places for what is of this run.
    """
    program = need_tool("pgbouncer", package="pgbouncer")
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections to pool")
    settings, port = connection.settings_dict, _free_port()
    user = settings["USER"]
    with tempfile.TemporaryDirectory(prefix="petstore-pooler-") as name:
        folder = Path(name)
        text = configuration.format(
            host=settings["HOST"], port=settings["PORT"] or 5432, limits=LIMITS, own_port=port, folder=folder,
            connections=SERVER_CONNECTIONS, more=more,
        )  # fmt: skip
        names = name_roles(user).values()
        (folder / "users").write_text("".join(f'"{name}" "{settings["PASSWORD"]}"\n' for name in names))
        (folder / "ini").write_text(text)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if OWNER:
                shutil.chown(path, OWNER)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen((program, str(folder / "ini")), stdout=log, stderr=log, user=OWNER, group=OWNER)  # noqa: S603  # ours
        try:
            url = f"postgres://{quote(user)}@127.0.0.1:{port}/{settings['NAME']}"
            _wait_for(url, process)
            yield url
        finally:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert process.poll() is None, "the pooler has ended"
        try:
            psycopg.connect(url, connect_timeout=3).close()
        except psycopg.OperationalError:
            assert time.monotonic() < give_up, "waited in vain"
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
