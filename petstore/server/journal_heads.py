"""Records of the journal's newest position outside of the database: in the log and in a file."""

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from events.chain_heads import ChainHead, read_newest_head
from kernel import clock
from petstore.server.recurring_jobs import run_if_due

HOUR = timedelta(hours=1)
JOURNAL_HEAD = "journal_head"

logger = logging.getLogger(__name__)


class UnreadableHeads(ValueError):
    """The file holds something other than recorded heads."""


def record_head_if_due() -> int:
    """Record the newest head if no worker has done so for an hour; returns 1 if it was done."""
    return int(run_if_due(JOURNAL_HEAD, every=HOUR, work=record_journal_head))


def record_journal_head() -> None:
    """Write the newest position and digest to the log and to the end of JOURNAL_HEADS_FILE."""
    head = read_newest_head()
    if head is None:
        return
    logger.info("Journal head: position %d, digest %s.", head.position, head.digest)
    path: Path = settings.JOURNAL_HEADS_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{_format_journal_head(head)}\n")
    except OSError as error:
        logger.warning("The journal's head is in the log only, because %s cannot be written: %s", path, error)


def read_journal_heads(path: Path) -> list[ChainHead]:
    """Read the recorded heads of a file; raises UnreadableHeads."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        heads = [_parse_journal_head(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnreadableHeads(f"{path} cannot be read as a file of heads ({error}).") from error
    if not heads:
        raise UnreadableHeads(f"{path} names no head.")
    return heads


def _format_journal_head(head: ChainHead) -> str:
    return json.dumps({"at": clock.format_rfc3339(head.at), "position": head.position, "digest": head.digest})


def _parse_journal_head(line: dict[str, str]) -> ChainHead:
    return ChainHead(int(line["position"]), line["digest"], datetime.fromisoformat(line["at"]))
