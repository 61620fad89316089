"""Log lines: one format for our own and for libraries', each with the request's id."""

import logging.config
import sys
from io import StringIO
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from kernel.masks import mask_bearer_tokens, mask_card_numbers, mask_database_details, mask_secret_links
from kernel.text import escape_control_characters, escape_single_line

COMMON: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Format every line and mask it last: arguments and tracebacks, too."""

    def __init__(self, log_format: str) -> None:
        """Format as `console` lines for people or as `json` lines for programs."""
        super().__init__(processors=_choose_renderers(log_format), foreign_pre_chain=COMMON)

    def format(self, record: logging.LogRecord) -> str:
        return _mask_secrets(super().format(record))


def _mask_secrets(text: str) -> str:
    for mask in (mask_card_numbers, mask_secret_links, mask_bearer_tokens, mask_database_details):
        text = mask(text)
    return text


def configure_logging(config: dict[str, Any]) -> None:
    """Apply Django's LOGGING, and let structlog's loggers write to the same handlers (setting LOGGING_CONFIG)."""
    structlog.configure(
        processors=[
            *COMMON,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(config)


def _choose_renderers(log_format: str) -> list[Processor]:
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "json":
        return [clean, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [
        clean,
        _escape_values,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_write_plain_traceback),
    ]


def _escape_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Escape control characters and line breaks: an entry stays one line, whatever a caller sent."""
    return {key: escape_single_line(value) if isinstance(value, str) else value for key, value in event.items()}


def _write_plain_traceback(out: TextIO, exc_info: ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    out.write(escape_control_characters(text.getvalue()))
