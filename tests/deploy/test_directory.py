"""The directory of tenants in front of several deployments: `deploy/nginx/tenants.conf` in a real nginx."""

import http.client
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from petstore.server.listener import ROOT
from tests.deploy.proxies import NGINX
from tests.ports import answers, free_port
from tests.server.server import wait_until
from tests.tools import need_tool

SECOND = "00000000-0000-4000-8000-000000000002"
ELSEWHERE = "0198c0de-0000-7000-8000-00000000abcd"
SITE = """
include {directory};
upstream petstore {{ server 127.0.0.1:{first}; }}
upstream petstore_2 {{ server 127.0.0.1:{second}; }}
server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://$petstore_deployment; }}
}}
"""


@contextmanager
def deployment(name: bytes) -> Iterator[int]:
    """A server that answers with its name; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(name)))
            self.end_headers()
            self.wfile.write(name)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """nginx in front of two deployments."""
    program, folder, port = need_tool("nginx", package="nginx"), tmp_path_factory.mktemp("nginx"), free_port()
    with ExitStack() as stack:
        first, second = (stack.enter_context(deployment(name)) for name in (b"first", b"second"))
        directory = ROOT / "deploy" / "nginx" / "tenants.conf"
        (folder / "site").write_text(SITE.format(directory=directory, first=first, second=second, port=port))
        (folder / "conf").write_text(NGINX.format(folder=folder))
        process = subprocess.Popen([program, "-c", str(folder / "conf"), "-e", str(folder / "log")])  # noqa: S603  # of the machine
        try:
            wait_until(lambda: process.poll() is not None or answers(port))
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def ask(port: int, *headers: tuple[str, str], path: str = "/v1/orders") -> str:
    """Which deployment answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=dict(headers))
        with connection.getresponse() as response:
            return response.read().decode()


def test_a_tenant_of_the_directory_is_at_its_deployment_by_header_and_by_query(port: int) -> None:
    assert ask(port, ("X-Tenant-ID", SECOND)) == "second"
    assert ask(port, ("x-tenant-id", SECOND.upper())) == "second"
    assert ask(port, path=f"/v1/ws/chat?tenantId={SECOND}") == "second"
    assert ask(port, ("X-Tenant-ID", SECOND), path=f"/v1/ws/chat?tenantId={ELSEWHERE}") == "second"


def test_without_a_tenant_and_with_one_that_is_not_there_it_is_the_first_deployment(port: int) -> None:
    assert ask(port) == "first"
    assert ask(port, ("X-Tenant-ID", ELSEWHERE)) == "first"
