"""The servers that are compared: their set-up and start."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
KEY = "benchmark-" * 8


@dataclass(frozen=True)
class Family:
    """A database schema that several servers share, and the command that makes it."""

    schema: str
    orders_table: str
    migrate: str
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """One server. Its command is for the Python interpreter; `jwt_field` is where its answer has the token."""

    slug: str
    name: str
    family: Family
    command: str
    cwd: Path
    jwt_field: str
    env: Mapping[str, str] = field(default_factory=dict)

    def build_command_line(self, port: int) -> list[str]:
        """Write the command line for a port."""
        return split_command(self.command.format(port=port))


def split_command(command: str) -> list[str]:
    """Split a command for the interpreter that runs us."""
    return [sys.executable, *command.split()]


SHOP = Family(
    schema="shop",
    orders_table="shop_order",
    migrate="manage.py migrate --verbosity=0",
    cwd=PEERS / "drf",
    env={"SECRET_KEY": KEY},
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

PEER_SERVERS = (TUTORIAL_DRF, FASTAPI)
