from typing import Any

from django.core.management.base import CommandParser

from database.timeouts import WORKER
from petstore.interfaces.commands import base
from petstore.server import worker_loop
from petstore.server.stop_signals import stop_on_signals
from petstore.server.worker_jobs import PUBLISHERS, build_webhook_jobs
from public_events.relay import publish_pending_events
from webhooks.delivery.dispatcher import Dispatcher


class Command(base.Command):
    help = "Run the webhook worker alone; Ctrl-C stops it."
    timeouts = WORKER
    runs_the_store = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["once"]:
            self._deliver_once()
            return
        stop = stop_on_signals()
        worker_loop.run_jobs(build_webhook_jobs(stop), stop)

    def _deliver_once(self) -> None:
        dispatcher = Dispatcher()
        while publish_pending_events(PUBLISHERS):
            dispatcher.run_until_idle()
        dispatcher.run_until_idle()
        self.stdout.write(f"{dispatcher.attempts} attempts, {dispatcher.accepted} taken by their receivers.")
