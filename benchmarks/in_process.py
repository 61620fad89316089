"""What a request costs in a request thread of `serve`: processor time, function calls and statements.

    uv run python -m benchmarks.in_process [--requests 300] [--profile "GET tenant customer"]

Orders are read, listed and placed in the shared pool and in a tenant, without a token, with a customer's and with
staff's. Nothing goes over a socket. Function calls and statements do not depend on what else the machine does.
"""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from benchmarks.databases import Cluster
from benchmarks.ours import ENVIRONMENT, OURS, ROOT

ROLE = "petstore_measured"
"""The application's role, which row-level security binds."""


def main() -> None:
    """Make a database, and measure in a process that is set up for it."""
    cluster = Cluster.from_environment()
    with cluster.create_temporary_database(f"petstore_in_process_{os.getpid()}") as url:
        served = urlunsplit(urlsplit(url)._replace(netloc=f"{ROLE}@{urlsplit(url).netloc.rpartition('@')[2]}"))
        environment = {**os.environ, **ENVIRONMENT, "DATABASE_URL": served, "DATABASE_OWNER_URL": url}
        measure = f"from benchmarks.request_costs import print_request_costs as go; go({sys.argv[1:]!r})"
        migrate, make_roles = OURS.migrate.split(), ["manage.py", "create_database_roles", "-v0"]
        for command in (make_roles, migrate, make_roles, ["manage.py", "shell", "-v0", "-c", measure]):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
