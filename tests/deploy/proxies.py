"""The proxies of `deploy/`, started as they are but for addresses, ports and certificates."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from petstore.server.listener import ROOT
from tests.ports import answers, free_port
from tests.server.server import wait_until
from tests.tools import need_tool
from tests.webhooks.test_outbound_tls import CERTIFICATE

DEPLOY = ROOT / "deploy"
SITE = "shop.example"
NGINX = """
daemon off;
user root;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site;
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: the port of its TLS, and that of plain HTTP where it has one."""

    name: str
    port: int
    plain_port: int | None


def fill_in(path: str, changed: dict[str, str]) -> str:
    """A file of `deploy/` with these texts in place of others, each of which must be there."""
    text = (DEPLOY / path).read_text(encoding="utf-8")
    for old, new in changed.items():
        assert old in text, f"{path} has no {old}"
        text = text.replace(old, new)
    return text


@contextmanager
def nginx(folder: Path, upstream: str) -> Iterator[Proxy]:
    """nginx with the site of `deploy/nginx` in front of `upstream`."""
    program, proxy = need_tool("nginx", package="nginx"), Proxy("nginx", free_port(), free_port())
    site = {
        "listen 80": f"listen 127.0.0.1:{proxy.plain_port}",
        "listen 443": f"listen 127.0.0.1:{proxy.port}",
        "listen [::]:80;": "",
        "listen [::]:443 ssl http2;": "",
        "127.0.0.1:8000": upstream,
        "/etc/ssl/petstore/fullchain.pem": str(CERTIFICATE),
        "/etc/ssl/petstore/privkey.pem": str(CERTIFICATE),
    }
    folder.mkdir()
    (folder / "site").write_text(fill_in("nginx/petstore.conf", site))
    (folder / "conf").write_text(NGINX.format(folder=folder))
    with _running(folder, proxy, program, "-c", str(folder / "conf"), "-e", str(folder / "log")):
        yield proxy


@contextmanager
def caddy(folder: Path, upstream: str) -> Iterator[Proxy]:
    """Caddy with the file of `deploy/caddy` in front of `upstream`."""
    program, proxy = need_tool("caddy", package="caddy"), Proxy("caddy", free_port(), None)
    changed = {
        "grace_period 10s": "grace_period 1s\n\tadmin off\n\tauto_https off",
        f"{SITE} {{": f"https://{SITE}:{proxy.port} {{\n\tbind 127.0.0.1\n\ttls {CERTIFICATE} {CERTIFICATE}",
        "127.0.0.1:8000": upstream,
    }
    folder.mkdir()
    (folder / "Caddyfile").write_text(fill_in("caddy/Caddyfile", changed))
    with _running(folder, proxy, program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")):
        yield proxy


@contextmanager
def _running(folder: Path, proxy: Proxy, *command: str) -> Iterator[None]:
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)  # noqa: S603  # of the machine
        try:
            wait_until(lambda: process.poll() is not None or answers(proxy.port))
            assert process.poll() is None, (folder / "said").read_text()
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)
