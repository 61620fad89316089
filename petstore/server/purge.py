"""Purges of old rows: by the command `purge`, and by a worker once a day."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from accounts.services.purge import purge_back_office_sessions, purge_login_sessions
from applications.services.purge import purge_application_grants
from chat.services.room_purge import purge_closed_rooms
from erasure.services import repeat_erasures
from events.erasure import purge_origins
from idempotency.purge import purge_idempotency_records
from petstore.server.recurring_jobs import run_if_due
from ratelimit.purge import purge_rate_windows
from webhooks.services.purge import give_up_waiting_deliveries, purge_delivery_months, purge_settled_deliveries

DAY, MONTH = timedelta(hours=24), timedelta(days=30)
ORIGINS_ARE_KEPT = timedelta(days=90)
ERASED_LATELY = timedelta(days=3)
ROOMS_ARE_KEPT = timedelta(days=365)
DAILY_PURGE = "purge"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Purge:
    """One kind of rows and the age at which they are purged.

    Attributes:
        label: the rows, in the plural.
        run: purges rows older than `older_than`, or only counts them where `dry_run`; returns their number.
        older_than: the default age.
        run_daily: purges them in a worker, in place of `run`.
        only_by_name: `--older-than` applies to it only where it is chosen by name, for its age is no matter of room.
    """

    label: str
    run: Callable[..., int]
    older_than: timedelta
    done: str = "deleted"
    only_by_name: bool = False
    run_daily: Callable[..., int] | None = None


PURGES = {
    "idempotency": Purge("answers to idempotency keys", purge_idempotency_records, DAY),
    "tokens": Purge("log-ins that have ended", purge_login_sessions, DAY),
    "oauth": Purge("codes, device requests and sessions of applications", purge_application_grants, DAY),
    "sessions": Purge("sessions of the back office that have ended", purge_back_office_sessions, DAY),
    "rate_windows": Purge("rate limit windows that are over", purge_rate_windows, DAY),
    "deliveries": Purge("settled webhook deliveries", purge_settled_deliveries, MONTH, run_daily=purge_delivery_months),
    "waiting": Purge(
        "webhook deliveries that wait for a paused receiver or a suspended tenant",
        give_up_waiting_deliveries,
        MONTH,
        "given up",
    ),
    "chats": Purge(
        "support rooms that are closed, with their messages", purge_closed_rooms, ROOMS_ARE_KEPT, only_by_name=True
    ),
    "origins": Purge(
        "addresses and request ids of journal entries", purge_origins, ORIGINS_ARE_KEPT, "removed", only_by_name=True
    ),
    "erased": Purge(
        "people who were erased within that time", repeat_erasures, ERASED_LATELY, "erased again", only_by_name=True
    ),
}
"""By the command's flag."""


def purge_if_due() -> int:
    """Run all purges with their defaults if no worker has done so for a day; returns 1 if it was done."""
    return int(run_if_due(DAILY_PURGE, every=DAY, work=run_all_purges))


def run_all_purges() -> None:
    """Run all purges with their defaults and log the numbers; one that fails does not stop the others."""
    failed = []
    for name, purge in PURGES.items():
        try:
            number = (purge.run_daily or purge.run)(older_than=purge.older_than, dry_run=False)
        except Exception as error:  # noqa: BLE001  # raised below, when the others are done
            failed.append(error)
            continue
        logger.info("Daily purge, %s: %d %s.", name.replace("_", "-"), number, purge.done)
    if failed:
        raise failed[0]
