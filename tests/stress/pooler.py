"""Behind PgBouncer in transaction mode every answer is right (guarantees, G23).

uv run pytest tests/stress/pooler.py --db postgres        # about a minute
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.poolers import SERVER_CONNECTIONS, pooler
from tests.server.server import serving
from tests.stress.errands import REQUESTS_A_ROUND, run_errands
from tests.stress.hearing import Findings, findings, open_shop
from tests.webhooks.sink import listening_sink

pytestmark = [pytest.mark.django_db(transaction=True)]
WEB_PROCESSES, CLIENTS, REQUESTS = 3, 12, 2_000


@pytest.mark.parametrize("prepare", ["off", "on"])
def test_two_thousand_requests(tmp_path: Path, settings: Settings, report: Callable[[str], None], prepare: str) -> None:
    """With DATABASE_PREPARE=on (the control) psycopg's statements meet another client's under the same name."""
    rounds = -(-REQUESTS // (CLIENTS * REQUESTS_A_ROUND))
    with pooler(more="ignore_startup_parameters = options") as url, listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        shop = open_shop(sink)
        variables = {"DATABASE_URL": url, "DATABASE_PREPARE": prepare, "OUTBOUND_ALLOW": f"127.0.0.1:{sink.port}"}
        with serving(tmp_path, "--workers", str(WEB_PROCESSES), variables=variables | {"RATE_LIMIT": "off"}) as server:
            answers = run_errands(server.address, shop, clients=CLIENTS, rounds=rounds)
            heard = findings(shop, sink) if prepare == "off" else "deliveries not looked at"
    report(
        f"DATABASE_PREPARE={prepare}, {SERVER_CONNECTIONS} connections, {WEB_PROCESSES} processes: {answers}: {heard}"
    )
    is_right = (answers.wrong, answers.defects) == ([], 0)
    assert is_right == (prepare == "off"), answers.wrong[:5]
    if isinstance(heard, Findings):
        assert (heard.lost, heard.phantoms, heard.out_of_order) == (0, 0, 0)
