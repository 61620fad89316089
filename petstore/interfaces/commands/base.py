"""The base of all management commands, and the types of their arguments."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DEFAULT_DB_ALIAS, OperationalError, ProgrammingError
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from database import timeouts
from database.timeouts import use_timeouts
from kernel import ids
from kernel.errors import DomainError
from kernel.text import escape_control_characters

MAX_DIGITS = 6
MAX_DURATION = timedelta(days=36_500)
"""Calendars go back little further than that from now."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class PlainOutput(OutputWrapper):
    """Output whose control characters are escaped, whatever names people have chosen."""

    def write(  # type: ignore[override]  # as Django's own does
        self, msg: str = "", style_func: Callable[[str], str] | None = None, ending: str | None = None
    ) -> None:
        """Write the text with control characters as escapes."""
        super().write(escape_control_characters(msg), style_func, ending)


class Command(BaseCommand):
    """A command that exits with 0, or with 1 and a sentence on stderr.

    Attributes:
        timeouts: of its connections to PostgreSQL.
        runs_the_store: it runs until it is stopped; its start checks the store, and in production the deployment.
    """

    timeouts = timeouts.COMMAND
    runs_the_store = False

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; a domain error becomes a CommandError."""
        out: Any = options.pop("stdout", None) or self.stdout
        self.stdout = PlainOutput(out)
        try:
            with use_timeouts(self.timeouts):
                return super().execute(*args, **options)
        except DomainError as error:
            raise CommandError(_format_error(error)) from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(f"The database refuses: {error} (is it up, and has `manage.py migrate` run?)") from error

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[Any, Any]:
        """Check the store at the start of a command that runs it, and in production what `check --deploy` checks."""
        kwargs: dict[Any, Any] = super().get_check_kwargs(options)
        if self.runs_the_store:
            kwargs |= {"include_deployment_checks": settings.IS_PRODUCTION, "databases": [DEFAULT_DB_ALIAS]}
        return kwargs

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line; wrong usage exits with 1, too."""
        try:
            super().run_from_argv(argv)
        except SystemExit as end:
            sys.exit(1 if end.code else 0)

    def show_progress(self, options: dict[str, Any], *, total: int, unit: str) -> "tqdm[Any]":
        """Show a progress bar on stderr; none with `--verbosity 0`."""
        return tqdm(total=total, unit=f" {unit}", file=sys.stderr, disable=options["verbosity"] == 0)


def _format_error(error: DomainError) -> str:
    if not error.faults:
        return escape_control_characters(error.detail)
    return escape_control_characters(" ".join(f"{fault.field}: {fault.message}" for fault in error.faults))


def parse_uuid(text: str) -> UUID:
    """Parse a UUID."""
    found = ids.parse_id(text)
    if found is None:
        raise ArgumentTypeError("give a UUID")
    return found


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `24h`, `30m`, `90s` or `7d`."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in _UNITS and len(number) <= MAX_DIGITS):
        raise ArgumentTypeError("give a duration such as 24h (s, m, h, d)")
    duration = timedelta(seconds=int(number) * _UNITS[unit])
    if duration > MAX_DURATION:
        raise ArgumentTypeError("give a duration of at most 100 years")
    return duration


def parse_moment(text: str) -> datetime:
    """Parse a date, which means its first second in UTC, or a timestamp with its zone."""
    try:
        day = parse_date(text)
        moment = datetime.combine(day, time(), UTC) if day else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ArgumentTypeError("give a date such as 2026-01-31 or a timestamp such as 2026-01-31T12:00:00Z")
    return moment


def parse_count(text: str) -> int:
    """Parse a number, 0 or more."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise ArgumentTypeError("give a number, 0 or more")
    return int(text)


def format_rows(rows: Sequence[object], limit: int = 10) -> str:
    """Format the first rows, one a line, and the number of the others."""
    lines = [f"  {row}" for row in rows[:limit]]
    return "\n".join([*lines, *([f"  and {len(rows) - limit} more"] if len(rows) > limit else [])])
