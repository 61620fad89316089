"""Behind PgBouncer in transaction mode every answer is right (guarantees, G23).

uv run pytest tests/stress/pooler.py --db postgres        # about a minute
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operations.server import serving
from tests.poolers import SERVER_CONNECTIONS, pooler
from tests.stress.errands import REQUESTS_A_ROUND, run_errands

pytestmark = [pytest.mark.django_db(transaction=True)]
WEB_PROCESSES, CLIENTS, REQUESTS = 3, 12, 2_000


@pytest.mark.parametrize("prepare", ["off", "on"])
def test_two_thousand_requests(tmp_path: Path, report: Callable[[str], None], prepare: str) -> None:
    """With DATABASE_PREPARE=on (the control) psycopg's statements meet another client's under the same name."""
    with pooler(more="ignore_startup_parameters = options") as url:
        variables = {"DATABASE_URL": url, "DATABASE_PREPARE": prepare, "RATE_LIMIT": "off"}
        with serving(tmp_path, "--workers", str(WEB_PROCESSES), variables=variables) as server:
            answers = run_errands(server.address, clients=CLIENTS, rounds=-(-REQUESTS // (CLIENTS * REQUESTS_A_ROUND)))
    report(f"DATABASE_PREPARE={prepare}, {SERVER_CONNECTIONS} connections, {WEB_PROCESSES} web processes: {answers}")
    is_right = (answers.wrong, answers.defects) == ([], 0)
    assert is_right == (prepare == "off"), answers.wrong[:5]
