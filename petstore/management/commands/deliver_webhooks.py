from typing import Any

from django.core.management.base import CommandParser

from petstore.management import base
from petstore.operations import working
from petstore.operations.jobs import webhook_jobs
from petstore.operations.working import stop_on_signals
from tenants.timeouts import WORKER
from webhooks.dispatch import Dispatcher
from webhooks.services.fanout import seal_and_tell


class Command(base.Command):
    help = "Run the webhook worker alone; Ctrl-C stops it politely."
    timeouts = WORKER
    runs_the_store = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["once"]:
            self._once()
            return
        stop = stop_on_signals()
        working.run(webhook_jobs(stop), stop)

    def _once(self) -> None:
        dispatcher = Dispatcher()
        while seal_and_tell():
            dispatcher.work_off()
        dispatcher.work_off()
        self.stdout.write(f"{dispatcher.attempts} attempts, {dispatcher.taken} taken by their receivers.")
