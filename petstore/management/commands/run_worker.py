from typing import Any

from petstore.management import base
from petstore.operations import working
from petstore.operations.jobs import worker_jobs
from petstore.operations.working import stop_on_signals
from tenants.timeouts import WORKER


class Command(base.Command):
    help = "Run the background worker alone: journal, webhooks, payments that are open. Ctrl-C stops it politely."
    timeouts = WORKER
    runs_the_store = True

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = stop_on_signals()
        working.run(worker_jobs(stop), stop)
