"""Our own server, as shipped."""

from dataclasses import replace
from pathlib import Path

from benchmarks.contestants import KEY, Contestant, Family

ROOT = Path(__file__).parent.parent
RATE_LIMIT = "100000000/min"

ENVIRONMENT = {
    "SECRET_KEY": KEY,
    "JWT_SIGNING_KEY": KEY,
    "ALLOWED_HOSTS": "127.0.0.1",
    "DEBUG": "off",
    "LOG_FORMAT": "json",
    "RATE_LIMIT": RATE_LIMIT,
    "LOGIN_RATE_LIMIT": RATE_LIMIT,
    "ANONYMOUS_ORDER_LIMIT": "off",
}

OURS = Family(
    schema="ours",
    orders_table="orders_order",
    migrate="manage.py migrate --verbosity=0",
    cwd=ROOT,
    env=ENVIRONMENT,
    written_tables=("orders_order", "orders_ordertransition", "events_auditevent"),
    backlog="SELECT count(*) FROM events_pendingevent",
    roles="manage.py create_database_roles",
    walled_table="orders_order",
)

SERVE = Contestant(
    slug="ours-serve",
    name="ours, `manage.py serve`",
    family=OURS,
    command="manage.py serve --workers=2 --port={port}",
    cwd=ROOT,
    jwt_field="token",
)

OUR_SERVERS = (SERVE,)


def with_rate_limit(contestant: Contestant, rate_limit: str) -> Contestant:
    """Set the rate limit of a server of ours; the peers have none."""
    return replace(contestant, env={**contestant.env, "RATE_LIMIT": rate_limit})
