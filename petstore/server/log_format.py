"""How log lines look: one form for our own and everybody else's, each with the request's id."""

import logging
import sys
from io import StringIO
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from kernel.masking import mask_cards, mask_details, mask_links
from kernel.text import escape_controls, escape_line

COMMON: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """The last station of every line, so that nothing gets past the mask: no argument, no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_details(mask_links(mask_cards(super().format(record))))


def logging_config(log_format: str) -> dict[str, Any]:
    """Django's LOGGING: everything to stderr, as `console` lines or as `json`."""
    structlog.configure(
        processors=[*COMMON, structlog.stdlib.PositionalArgumentsFormatter(), _WRAP],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": LineFormatter, "processors": _rendering(log_format), "foreign_pre_chain": list(COMMON)}
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "stripe": {"level": "WARNING"},  # below, its library logs what it sends: cards with their cvc
            "_granian": {"level": "WARNING"},
        },
    }


_WRAP = structlog.stdlib.ProcessorFormatter.wrap_for_formatter


def _rendering(log_format: str) -> list[Processor]:
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "json":
        return [clean, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [clean, _escape, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_plain)]


def _escape(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Show what a terminal would obey, and line breaks, as escapes: an entry is one line, whoever sent its words."""
    return {key: escape_line(value) if isinstance(value, str) else value for key, value in event.items()}


def _plain(out: TextIO, exc_info: ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    out.write(escape_controls(text.getvalue()))
