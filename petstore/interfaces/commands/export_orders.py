import os
import sys
from typing import Any

from django.core.management.base import CommandParser

from orders.export import read_order_rows, write_csv_rows, write_json_lines
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_moment
from tenants.queries import find_tenant

WRITERS = {"csv": write_csv_rows, "jsonl": write_json_lines}


class Command(base.Command):
    help = "Write orders to stdout, oldest first, as CSV or JSON lines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", metavar="ID", help="id or slug of one tenant; default: all")
        parser.add_argument("--from", type=parse_moment, dest="since", help="placed at this moment or later")
        parser.add_argument("--to", type=parse_moment, dest="until", help="placed before this moment")
        parser.add_argument("--format", choices=tuple(WRITERS), default="csv")

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant_id = find_tenant(options["tenant"]).id if options["tenant"] else None
        rows = read_order_rows(tenant_id=tenant_id, since=options["since"], until=options["until"])
        try:
            WRITERS[options["format"]](rows, self.stdout)
            self.stdout.flush()
        except BrokenPipeError:
            _forget_stdout()


def _forget_stdout() -> None:
    """Replace stdout whose reader, such as `head`, has gone, so that the last flush does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
