from typing import Any

from django.core.management.base import CommandParser

from database.timeouts import WORKER
from mqtt.queries import count_pending_events
from petstore.interfaces.commands import base
from petstore.server import worker_loop
from petstore.server.stop_signals import stop_on_signals
from petstore.server.worker_jobs import PUBLISHERS, build_webhook_jobs, create_mqtt_publisher
from petstore.server.worker_loop import FINISH_SECONDS
from public_events.relay import publish_pending_events
from webhooks.delivery.dispatcher import Dispatcher


class Command(base.Command):
    help = "Run the worker of webhooks and MQTT alone; Ctrl-C stops it."
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
        self._publish_once()

    def _publish_once(self) -> None:
        publisher = create_mqtt_publisher()
        if publisher is None:
            return
        publisher.run_until_idle()
        publisher.finish_in_flight(FINISH_SECONDS)
        waiting = count_pending_events()
        self.stdout.write(f"{publisher.published} events published over MQTT, {waiting} wait for the broker.")
