from typing import Any

from database.timeouts import WORKER
from petstore.interfaces.commands import base
from petstore.server import worker_loop
from petstore.server.stop_signals import stop_on_signals
from petstore.server.worker_jobs import build_worker_jobs


class Command(base.Command):
    help = "Run the background worker alone: journal, webhooks, MQTT, open payments. Ctrl-C stops it."
    timeouts = WORKER
    runs_the_store = True

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = stop_on_signals()
        worker_loop.run_jobs(build_worker_jobs(stop), stop)
