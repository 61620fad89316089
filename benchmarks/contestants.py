"""The servers that are compared: their set-up and start."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
KEY = "benchmark-" * 8


@dataclass(frozen=True)
class Family:
    """A database schema that several servers share, and the command that makes it.

    Attributes:
        written_tables: those in which a new order is one row.
        backlog: a query for the number of events that the worker still has to seal and publish.
        roles: the command that makes the roles of its servers, which do not own their tables; empty where they do.
        walled_table: a table on which row-level security must be active for a server.
    """

    schema: str
    orders_table: str
    migrate: str
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    written_tables: Sequence[str] = ()
    backlog: str = ""
    roles: str = ""
    walled_table: str = ""


@dataclass(frozen=True)
class Contestant:
    """One server. Its command is for the Python interpreter, or for `program`.

    Attributes:
        jwt_field: where its log-in's answer has the token.
        packages: a folder whose `package-lock.json` names npm's packages that it needs.
    """

    slug: str
    name: str
    family: Family
    command: str
    cwd: Path
    jwt_field: str
    env: Mapping[str, str] = field(default_factory=dict)
    program: str = sys.executable
    packages: Path | None = None

    def build_command_line(self, port: int) -> list[str]:
        """Write the command line for a port."""
        return [self.program, *self.command.format(port=port).split()]


def split_command(command: str) -> list[str]:
    """Split a command for the interpreter that runs us."""
    return [sys.executable, *command.split()]


SHOP = Family(
    schema="shop",
    orders_table="shop_order",
    migrate="manage.py migrate --verbosity=0",
    cwd=PEERS / "drf",
    env={"SECRET_KEY": KEY},
    written_tables=("shop_order", "shop_ordertransition", "shop_event", "shop_pendingevent"),
)

TUTORIAL_DRF = Contestant(
    slug="drf",
    name="tutorial DRF, gunicorn gthread",
    family=SHOP,
    command="-m gunicorn drf_peer.wsgi --worker-class=gthread --workers=2 --threads=4 --bind=127.0.0.1:{port} "
    "--no-control-socket",
    cwd=PEERS / "drf",
    jwt_field="access",
    env={"SECRET_KEY": KEY},
)

FASTAPI = Contestant(
    slug="fastapi",
    name="FastAPI + SQLAlchemy, uvicorn",
    family=SHOP,
    command="-m uvicorn shop.main:app --workers=2 --port={port} --no-access-log",
    cwd=PEERS / "fastapi_sqlalchemy",
    jwt_field="access",
    env={"SECRET_KEY": KEY},
)

FASTAPI_ASYNCPG = Contestant(
    slug="asyncpg",
    name="FastAPI + asyncpg, uvicorn",
    family=SHOP,
    command="-m uvicorn shop.main:app --workers=2 --port={port} --no-access-log",
    cwd=PEERS / "fastapi_asyncpg",
    jwt_field="access",
    env={"SECRET_KEY": KEY},
)

FASTIFY = Contestant(
    slug="fastify",
    name="Fastify + pg, node:cluster",
    family=SHOP,
    command="server.js {port} 2",
    cwd=PEERS / "fastify_pg",
    jwt_field="access",
    env={"SECRET_KEY": KEY},
    program="node",
    packages=PEERS / "fastify_pg",
)

PEER_SERVERS = (TUTORIAL_DRF, FASTAPI, FASTAPI_ASYNCPG, FASTIFY)
