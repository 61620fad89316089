"""400 requests through two web processes by whoever renews or signs up for each (guarantees, G20).

uv run pytest tests/stress/quotas.py        # about a minute
"""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from petstore.interfaces.commands.create_admin import PASSWORD_VARIABLE
from petstore.server.listener import ROOT
from tests.factories import PASSWORD
from tests.server.server import serving

LIMIT, TRIES, AT_ONCE = 20, 400, 8
VARIABLES = {"RATE_LIMIT": f"{LIMIT}/day", "LOGIN_RATE_LIMIT": "10/day", "REDIS_URL": ""}

Attacker = Callable[[int], int]
"""Makes a token and reads once with it; returns the status of the reading."""


def test_nothing_buys_a_second_quota(tmp_path: Path, report: Callable[[str], None]) -> None:
    _make_admin(tmp_path)
    with (
        serving(tmp_path, "--workers", "2", variables=VARIABLES) as server,
        httpx.Client(base_url=server.address, timeout=60) as client,
    ):
        for name, attacker in (("signing up", partial(_sign_up, client)), ("renewing", _renewing(client))):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                statuses = Counter(pool.map(attacker, range(TRIES)))
            report(f"{name}: {statuses[200]} of {TRIES} readings granted at {LIMIT} a day ({dict(statuses)})")
            assert statuses[200] <= LIMIT
            assert statuses[429] >= TRIES - LIMIT


def _make_admin(folder: Path) -> None:
    """Who has not signed up, and so has a quota of their own."""
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
        PASSWORD_VARIABLE: PASSWORD,
    }
    for words in (("migrate", "--verbosity=0"), ("create_admin", "root", "root@example.com")):
        subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True)  # noqa: S603  # ours


def _sign_up(client: httpx.Client, number: int) -> int:
    name = f"sock{number}"
    person = {"username": name, "firstName": "Sock", "lastName": "Puppet", "email": f"{name}@example.com"}
    answer = client.post("/v1/users", json=person | {"password": PASSWORD})
    return _read(client, answer.json().get("token"))


def _renewing(client: httpx.Client) -> Attacker:
    """One log-in of somebody who did not sign up, whose tokens are renewed in turn."""
    credentials = {"username": "root", "password": PASSWORD}
    pair = client.post("/v1/auth/tokens", json=credentials).json()
    lock = threading.Lock()

    def attack(_number: int) -> int:
        with lock:
            body = {"refreshToken": pair["refreshToken"]}
            answer = client.post("/v1/auth/tokens/refresh", json=body)
            pair.update(answer.json() if answer.status_code == httpx.codes.OK else {})
        return _read(client, pair["token"])

    return attack


def _read(client: httpx.Client, token: Any) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.get("/v1/pets", headers=headers).status_code
