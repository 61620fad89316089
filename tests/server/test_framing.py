"""One request is read once, whatever it says of itself (guarantees, G14 and G19)."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.server.odd_requests import H2C, ODD_REQUESTS, SMUGGLED, UPGRADES, Odd, length, post
from tests.server.raw_http import Outcome, send
from tests.tools import need_tool
from tests.web_process import ROOT, web_process

pytestmark = pytest.mark.django_db(transaction=True)

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream shop {{ server 127.0.0.1:{shop}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://shop; proxy_http_version 1.1; proxy_set_header Connection "";
                      proxy_set_header Host $host; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    with web_process({"RATE_LIMIT": "off"}) as port:
        yield port


@pytest.fixture(scope="module")
def nginx(server: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """nginx in front of it."""
    program = need_tool("nginx", package="nginx")
    folder, port = tmp_path_factory.mktemp("nginx"), _free_port()
    (folder / "conf").write_text(NGINX.format(folder=folder, port=port, shop=server))
    with subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "conf")]) as process:  # noqa: S603  # Debian's
        _wait_for(port)
        yield port
        process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("odd", ODD_REQUESTS, ids=lambda odd: odd.name)
def test_an_odd_request_is_read_once_or_refused(server: int, odd: Odd) -> None:
    outcome = send(server, odd.sent)
    _was_read_once(outcome, odd)
    assert outcome.followed == odd.goes_on
    assert odd.goes_on or len(outcome.statuses) <= 1


@pytest.mark.parametrize("odd", UPGRADES, ids=lambda odd: odd.name)
def test_a_request_to_upgrade_is_read_once_when_its_body_comes_later(server: int, odd: Odd) -> None:
    outcome = send(server, odd.sent, body_later=True)
    _was_read_once(outcome, odd)
    assert outcome.followed or outcome.statuses == [odd.status]


def _was_read_once(outcome: Outcome, odd: Odd) -> None:
    assert b"smuggled" not in outcome.received
    assert outcome.statuses[:1] == ([odd.status] if odd.status else [])


def test_no_body_is_read_as_a_request_behind_nginx(nginx: int) -> None:
    read = [odd.name for odd in ODD_REQUESTS if b"smuggled" in send(nginx, odd.sent).received]
    assert read == []


def test_the_harm_shows_on_a_server_that_reads_a_body_twice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = (sys.executable, "-m", "uvicorn", "--http", "httptools", "--fd", str(listener.fileno()))
        process = subprocess.Popen(  # noqa: S603  # a command line of our own
            (*command, "--log-level", "critical", "tests.server.echo_server:application"),
            cwd=ROOT, pass_fds=[listener.fileno()],
        )  # fmt: skip
        try:
            send(listener.getsockname()[1], post())  # it is up now, and takes what comes in turn
            outcome = send(listener.getsockname()[1], post(*H2C, length(SMUGGLED), body=SMUGGLED), body_later=True)
        finally:
            process.kill()  # it would wait for connections that are open
            process.wait(30)
    assert b"smuggled" in outcome.received
