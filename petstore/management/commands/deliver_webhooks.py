from typing import Any

from django.core.management.base import CommandError, CommandParser

from petstore.management import base
from petstore.operations import working
from petstore.operations.jobs import webhook_jobs
from petstore.operations.working import JobDied, stop_on_signals
from webhooks.dispatch import Dispatcher
from webhooks.services.fanout import seal_and_tell

PAUSE_SECONDS = 1.0


class Command(base.Command):
    help = "Run the webhook worker alone; Ctrl-C stops it politely."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["once"]:
            self._once()
            return
        try:
            working.run(webhook_jobs(), stop_on_signals())
        except JobDied as error:
            raise CommandError(str(error)) from error

    def _once(self) -> None:
        dispatcher = Dispatcher()
        while seal_and_tell() or dispatcher.work() or not dispatcher.is_idle:
            dispatcher.rest(PAUSE_SECONDS)
        self.stdout.write(f"{dispatcher.attempts} attempts, {dispatcher.taken} taken by their receivers.")
