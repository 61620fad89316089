"""The files of `deploy/`, each started as it is: a proxy, `serve` as in production, PgBouncer, PostgreSQL."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from events.models import AuditEvent
from pets.models import Pet
from petstore.interfaces.entry.order_listeners import LOOK_SECONDS
from petstore.server.request_body import BODY_SECONDS
from petstore.server.request_limits import MAX_BODY, MAX_UPLOAD
from petstore.server.web_process import HEAD_SECONDS
from tenants.scoping import all_tenants
from tests.deploy.proxies import SITE, Proxy, caddy, fill_in, nginx
from tests.factories import PetFactory
from tests.poolers import pooler
from tests.server.server import Server, serving
from tests.server.settings_start import GOOD

CALLER = "127.0.0.7"
"""Not the proxy's own address."""
MEGABYTE = 1024 * 1024
POOLER = fill_in(
    "pgbouncer/pgbouncer.ini",
    {
        "petstore = host=127.0.0.1 port=5432": "* = host={host} port={port}",
        "listen_port = 6432": "listen_port = {own_port}",
        "auth_type = scram-sha-256": "auth_type = trust",
        "/etc/pgbouncer/userlist.txt": "{folder}/users",
    },
)

Start = Callable[[Path, str], AbstractContextManager[Proxy]]

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("start", [nginx, caddy], ids=["nginx", "caddy"])
def test_a_store_behind_the_files_of_deploy(tmp_path: Path, start: Start) -> None:
    with in_production(tmp_path) as server, start(tmp_path / "proxy", server.address.removeprefix("http://")) as proxy:
        with caller(proxy) as client:
            order = takes_an_order_from_the_callers_own_address(client)
            streams_what_happens_to_it(client, order)
            drops_what_must_not_pass(client)
            bounds_bodies(client)
        passes_on_sockets_where_there_are_some(proxy)
        if proxy.plain_port:
            answer = httpx.get(f"http://127.0.0.1:{proxy.plain_port}/v1/pets?limit=1", headers={"Host": SITE})
            assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{SITE}/v1/pets?limit=1")


@contextmanager
def in_production(folder: Path) -> Iterator[Server]:
    """`serve` with production's settings, by way of the pooler of `deploy/`."""
    with pooler(configuration=POOLER) as url:
        variables = GOOD | {
            "DJANGO_SETTINGS_MODULE": "petstore.settings.prod",
            "DATABASE_URL": url,
            "DATABASE_PREPARE": "off",
            "ALLOWED_HOSTS": f"{SITE},127.0.0.1",
            "PUBLIC_URL": f"https://{SITE}",
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        with serving(folder, "--workers", "2", variables=variables) as server:
            yield server


@contextmanager
def caller(proxy: Proxy) -> Iterator[httpx.Client]:
    """A client at an address of its own that means the site, as if its name led here."""
    inner = httpx.HTTPTransport(verify=False, local_address=CALLER)  # the certificate is of a test
    base = f"https://127.0.0.1:{proxy.port}"
    with httpx.Client(transport=_Named(inner), base_url=base, headers={"Host": SITE}, timeout=60) as client:
        yield client


class _Named(httpx.BaseTransport):
    """Says the site's name in the TLS handshake, too."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = SITE
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def takes_an_order_from_the_callers_own_address(client: httpx.Client) -> str:
    """Whatever the caller says of its address and of TLS; returns where the order is."""
    pet: Pet = PetFactory.create()
    lies = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "Forwarded": "for=203.0.113.9"}
    answer = client.post("/v1/orders", json={"petId": str(pet.pk)}, headers=lies)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].startswith(f"https://{SITE}/v1/orders/")
    with all_tenants(reason="test"):
        addresses = set(AuditEvent.objects.filter(action="ORDER_CREATED").values_list("ip_address", flat=True))
    assert addresses == {CALLER}
    return answer.headers["Location"].removeprefix(f"https://{SITE}")


def streams_what_happens_to_it(client: httpx.Client, order: str) -> None:
    """The first event comes while the stream is open, not at its end minutes later."""
    with client.stream("GET", f"{order}/events", headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        assert "data:" in next(text for text in answer.iter_text() if "data:" in text)


def drops_what_must_not_pass(client: httpx.Client) -> None:
    tenant = {"X_Tenant_ID": "no id"}
    assert client.get("/v1/pets", headers=tenant).status_code == 200
    assert client.get("/v1/pets", headers={"X-Tenant-ID": "no id"}).status_code == 400
    assert client.get("/metrics").status_code == 404


def bounds_bodies(client: httpx.Client) -> None:
    """Ours says what is too large for a route; the proxy keeps off what is too large for all."""
    ours = client.post("/v1/orders", content=b" " * (MAX_BODY + 1), headers={"Content-Type": "application/json"})
    assert (ours.status_code, ours.headers["Content-Type"]) == (413, "application/problem+json")
    assert client.post("/v1/orders", content=b" " * (9 * MEGABYTE)).status_code == 413


def passes_on_sockets_where_there_are_some(proxy: Proxy) -> None:
    """`/v1/ws` is asked for a socket; a page is only asked for itself, whatever it is asked to become."""
    assert _status(proxy, "/v1/pets") == 200
    assert _status(proxy, "/v1/ws/orders/1") != 404, "it came as a request for a page"


def _status(proxy: Proxy, path: str) -> int:
    """Of the answer to a handshake for a WebSocket."""
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {SITE}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
    with tls.wrap_socket(plain, server_hostname=SITE) as link:
        link.sendall(head.encode())
        return int(link.recv(64).split()[1])


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "nginx/petstore.conf",
            (
                f"client_header_timeout {HEAD_SECONDS}s",
                f"client_body_timeout {BODY_SECONDS:g}s",
                "large_client_header_buffers 4 16k",
                "client_max_body_size 8m",
                "proxy_read_timeout 60s",
                "keepalive_timeout 5s",
            ),
        ),
        (
            "caddy/Caddyfile",
            (
                f"read_header {HEAD_SECONDS}s",
                f"read_body {BODY_SECONDS:g}s",
                "max_header_size 64kb",
                "max_size 8MB",
                "response_header_timeout 60s",
                "keepalive 5s",
            ),
        ),
    ],
)
def test_their_limits_are_those_of_serve(name: str, lines: tuple[str, ...]) -> None:
    assert fill_in(name, dict.fromkeys(lines, ""))
    assert MAX_UPLOAD < 8_000_000, "what a route takes passes the proxy"
    assert LOOK_SECONDS < 60, "a live stream says something in time"
    assert HEAD_SECONDS > 5, "the proxy ends an idle connection before serve does"
