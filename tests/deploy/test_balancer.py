"""HAProxy takes the file of `deploy/haproxy`; `python -m tests.cluster` runs it before machines that die."""

import subprocess
from pathlib import Path

import pytest

from petstore.server.request_limits import MAX_UPLOAD
from tests.deploy.proxies import fill_in
from tests.tools import need_tool
from tests.webhooks.test_outbound_tls import CERTIFICATE

pytestmark = pytest.mark.any_database


def test_haproxy_takes_its_file(tmp_path: Path) -> None:
    program = need_tool("haproxy", package="haproxy")
    path = tmp_path / "haproxy.cfg"
    path.write_text(fill_in("haproxy/petstore.cfg", {"/etc/ssl/petstore.pem": str(CERTIFICATE)}))
    done = subprocess.run((program, "-c", "-V", "-f", str(path)), capture_output=True, text=True, check=False)  # noqa: S603  # ours
    assert (done.returncode, "WARNING" in done.stderr) == (0, False), done.stderr


def test_it_bounds_bodies_above_what_a_route_takes() -> None:
    assert fill_in("haproxy/petstore.cfg", {"-m int gt 8000000": ""})
    assert MAX_UPLOAD < 8_000_000
