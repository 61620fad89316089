"""Socket.IO's own client for browsers and Node chats over every transport (contract, Socket.IO): `socket.io-client`."""

import shutil
import subprocess
from pathlib import Path

import pytest

from accounts.models import User
from chat.services.customer_rooms import open_customer_room
from tenants.scoping import tenant_scope
from tests.factories import acting
from tests.node_packages import fetch_packages
from tests.rest.tokens import access
from tests.server.server import Server
from tests.tools import need_tool

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]

HERE = Path(__file__).parent
PATIENCE_SECONDS = 120


def test_socket_io_client_chats_over_every_transport_and_is_refused_where_it_may_not(
    server: Server, auth: dict[str, str], sam: User, bob: User, tmp_path: Path
) -> None:
    (tmp_path / "node_modules").symlink_to(fetch_packages(HERE) / "node_modules")
    program = shutil.copy(HERE / "chatting.mjs", tmp_path)
    with tenant_scope(bob.tenant_id):
        foreign = open_customer_room(actor=acting(bob))
    node = need_tool("node", package="nodejs")
    words = (server.address, auth["tenantId"], auth["token"], access(sam), str(foreign.id))
    done = subprocess.run(  # noqa: S603  # ours
        [node, str(program), *words], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert done.stdout.split() == ["polling", "websocket", "polling-websocket"], done.stderr[-2000:]
