"""Orders through the files of `deploy/` while `serve` is reloaded: proxy, two web processes, PgBouncer, PostgreSQL.

uv run pytest tests/stress/deployed.py --db postgres        # some minutes
"""

import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.deploy.proxies import Proxy, caddy, nginx
from tests.deploy.test_proxies import Start, caller, in_production
from tests.factories import PetFactory
from tests.server.server import Server, wait_until

CALLERS, ORDERS_EACH, RELOADS, REST_SECONDS = 4, 200, 2, 4.0

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("start", [nginx, caddy], ids=["nginx", "caddy"])
def test_no_request_fails_while_serve_is_reloaded(
    tmp_path: Path, start: Start, report: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMIT", "1000000/min")
    pets = [[str(PetFactory.create().pk) for _ in range(ORDERS_EACH)] for _ in range(CALLERS)]
    with in_production(tmp_path) as server, start(tmp_path / "proxy", server.address.removeprefix("http://")) as proxy:
        done = Event()
        with ThreadPoolExecutor(CALLERS) as pool:
            callers = [pool.submit(_ask_and_order, proxy, own, done) for own in pets]
            try:
                _reload(server)
            finally:
                done.set()
            seen = sum((one.result() for one in callers), Counter[str]())
    report(f"{proxy.name}: {RELOADS} reloads, {dict(seen)}")
    assert set(seen) == {"GET 200", "POST 201"}


def _reload(server: Server) -> None:
    """So many times, each after the one before has ended, with a rest around it."""
    for number in range(1, RELOADS + 1):
        time.sleep(REST_SECONDS)
        server.process.send_signal(signal.SIGHUP)
        wait_until(partial(_has_reloaded, server, number))
    time.sleep(REST_SECONDS)


def _has_reloaded(server: Server, times: int) -> bool:
    return server.log.read_text().count("Reloaded") == times


def _ask_and_order(proxy: Proxy, pets: list[str], done: Event) -> Counter[str]:
    """Read a list and, so long as there are pets, place an order, in turns."""
    seen: Counter[str] = Counter()
    with caller(proxy) as client:
        while not done.is_set():
            seen[_outcome(client.build_request("GET", "/v1/pets", params={"limit": 1}), client)] += 1
            if pets:
                seen[_outcome(client.build_request("POST", "/v1/orders", json={"petId": pets.pop()}), client)] += 1
            time.sleep(0.05)
    return seen


def _outcome(request: httpx.Request, client: httpx.Client) -> str:
    try:
        return f"{request.method} {client.send(request).status_code}"
    except httpx.TransportError as error:
        return f"{request.method} {type(error).__name__}"
