"""Who is compared: how each server is set up and started."""

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
    migrate: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """One server. `{port}` stands for its port in the command."""

    slug: str
    name: str
    family: Family
    command: tuple[str, ...]
    cwd: Path
    token_field: str
    env: Mapping[str, str] = field(default_factory=dict)

    def command_on(self, port: int) -> list[str]:
        """Write the command line for a port."""
        return [part.replace("{port}", str(port)) for part in self.command]


SHOP = Family(
    schema="shop",
    orders_table="shop_order",
    migrate=(sys.executable, "manage.py", "migrate", "--verbosity=0"),
    cwd=PEERS / "drf",
    env={"SECRET_KEY": KEY},
)

TUTORIAL_DRF = Contestant(
    slug="drf",
    name="tutorial DRF, gunicorn gthread",
    family=SHOP,
    command=(
        sys.executable, "-m", "gunicorn", "drf_peer.wsgi", "--worker-class=gthread", "--workers=2", "--threads=4",
        "--bind=127.0.0.1:{port}", "--no-control-socket",
    ),  # fmt: skip
    cwd=PEERS / "drf",
    token_field="access",
    env={"SECRET_KEY": KEY},
)

FASTAPI = Contestant(
    slug="fastapi",
    name="FastAPI + SQLAlchemy, uvicorn",
    family=SHOP,
    command=(
        sys.executable, "-m", "uvicorn", "shop.main:app", "--workers=2", "--port={port}", "--no-access-log",
    ),  # fmt: skip
    cwd=PEERS / "fastapi_sqlalchemy",
    token_field="access",
    env={"SECRET_KEY": KEY},
)

PEER_SERVERS = (TUTORIAL_DRF, FASTAPI)
