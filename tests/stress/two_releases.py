"""The commands of a release, of whichever folder, on a database of the test's own, with production's settings."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.databases import NAME
from tests.factories import PASSWORD
from tests.ports import free_port
from tests.server.server import Server, wait_until
from tests.server.settings_start import GOOD

PATIENCE_SECONDS = 300
OWNER = f"{NAME}_owner"
DATABASE = f"{NAME}_upgrade"


@dataclass(frozen=True, slots=True)
class Release:
    """The code of a release and the environment that it runs in."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> str:
        """Run a command of `manage.py` and return what it prints."""
        done = subprocess.run(  # noqa: S603  # ours
            self._command(*words),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_server(self, log: Path) -> Server:
        """Start `serve` with two web processes and the worker, and wait until it is ready."""
        port = free_port()
        with log.open("wb") as told:
            words = self._command("serve", "--port", str(port), "--workers", "2")
            process = subprocess.Popen(words, cwd=self.folder, env=self.environment, stdout=told, stderr=told)  # noqa: S603  # ours
        server = Server(process, f"http://127.0.0.1:{port}", log)
        try:
            wait_until(lambda: process.poll() is not None or server.answers("/readyz"))
            assert process.poll() is None, log.read_text()
        except BaseException:
            process.kill()
            raise
        return server

    def _command(self, *words: str) -> tuple[str, ...]:
        return (sys.executable, "manage.py", *words)


def stop_server(server: Server) -> None:
    """Stop it as an operator does; it has to end well."""
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0, server.log.read_text()[-2000:]


def build_environment(url: str, folder: Path, **variables: str) -> dict[str, str]:
    """Production's environment, with photos and heads of the journal in a folder."""
    left_out = {"DEBUG", "DJANGO_SETTINGS_MODULE"}
    return {key: value for key, value in os.environ.items() if key not in left_out} | {
        **GOOD,
        "DJANGO_SETTINGS_MODULE": "petstore.settings.prod",
        "DATABASE_URL": url,
        "ALLOWED_HOSTS": "shop.example,127.0.0.1",
        "TRUSTED_PROXIES": "127.0.0.1",
        "RATE_LIMIT": "off",
        "ANONYMOUS_ORDER_LIMIT": "off",
        "GRPC_PORT": "0",
        "MEDIA_ROOT": str(folder / "media"),
        "JOURNAL_HEADS_FILE": str(folder / "journal-heads.jsonl"),
        "PETSTORE_ADMIN_PASSWORD": PASSWORD,
        **variables,
    }


@contextmanager
def own_database() -> Iterator[tuple[str, str]]:
    """A new database: its address for a role that owns it and is no superuser, and for the tests' own role."""
    given = os.environ["DATABASE_URL"]
    with psycopg.connect(given.replace(NAME, "postgres"), autocommit=True) as connection:
        names = {"role": sql.Identifier(OWNER), "database": sql.Identifier(DATABASE)}
        connection.execute(sql.SQL("CREATE ROLE {role} LOGIN").format(**names))
        try:
            connection.execute(sql.SQL("CREATE DATABASE {database} OWNER {role}").format(**names))
            all_powerful = given.replace(NAME, DATABASE)
            yield re.sub(r"//[^@/]*@", f"//{OWNER}@", all_powerful), all_powerful
        finally:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {database} WITH (FORCE)").format(**names))
            connection.execute(sql.SQL("DROP ROLE {role}").format(**names))
