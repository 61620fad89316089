"""What became of a fault: what customers and the receiver have seen, held against the database of the primary."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from tests.cluster.customers import Customers, Seen
from tests.cluster.receiver import Receiver
from tests.cluster.store import Store

DRAIN_SECONDS = 75.0
TOLD = ["ORDER_CREATED", "ORDER_STATUS_CHANGED", "ORDER_CANCELLED", "PAYMENT_SUCCEEDED", "PAYMENT_FAILED"]
WAITING = """SELECT (SELECT count(*) FROM events_pendingevent) +
             (SELECT count(*) FROM webhooks_delivery WHERE status = 'PENDING')"""
ORDERS = "SELECT id::text FROM orders_order WHERE tenant_id = %s AND created_at >= %s"
JOURNAL = "SELECT id::text FROM events_auditevent WHERE tenant_id = %s AND created_at >= %s AND action = ANY(%s)"
PAID = """SELECT order_id::text, count(*) FROM payments_payment
          WHERE tenant_id = %s AND created_at >= %s AND settled_at IS NOT NULL AND failure_code = '' GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row of the table.

    Attributes:
        lost: acknowledged orders and payments that are not there, events that were not delivered, and steps that no
            watcher was told of.
        twice: orders, payments and deliveries beyond the promise.
        repeats: deliveries of the same event id, which receivers are told to expect.
    """

    fault: str
    requests: int
    failed: int
    failed_again: int
    lost: int
    twice: int
    repeats: int
    breaks: int
    seconds: float
    drained: float
    notes: tuple[str, ...] = ()
    reasons: tuple[tuple[str, int], ...] = field(default=())

    @property
    def is_kept(self) -> bool:
        """Whether all promises were kept."""
        return (self.lost, self.twice) == (0, 0) and self.seconds < float("inf") and not self.notes

    def format_row(self) -> str:
        """Write a row of Markdown's."""
        seconds = f"{self.seconds:.1f}"
        told = [
            self.fault,
            self.requests,
            self.failed,
            self.failed_again,
            self.lost,
            self.twice,
            self.repeats,
            self.breaks,
        ]
        return f"| {' | '.join(map(str, told))} | {seconds} | {self.drained:.0f} |"


COLUMNS = (
    "fault", "requests", "failed", "after one retry", "lost", "twice", "repeats", "sockets cut", "seconds to recover",
    "seconds to drain",
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


class Audit:
    """The look at one fault, from its beginning to the end of all that it has set off."""

    def __init__(self, store: Store, receiver: Receiver) -> None:
        self._store, self._receiver = store, receiver
        self._repeats, self._twice = receiver.repeats, receiver.twice
        (self._since,) = self._query("SELECT date_trunc('second', now()) + interval '1 s'", ())[0]
        time.sleep(1)  # the store's times are whole seconds

    def wait_until_drained(self) -> float:
        """Wait until all is delivered that can be; return the seconds that it took."""
        begun = time.monotonic()
        while self._query(WAITING, ())[0][0] and time.monotonic() - begun < DRAIN_SECONDS:
            time.sleep(0.3)
        return time.monotonic() - begun

    def conclude(self, fault: str, customers: Customers, fault_at: float, drained: float) -> Verdict:
        """Count what has become of everything."""
        seen = customers.seen
        ours = (self._store.tenant_id, self._since)
        orders = _first(self._query(ORDERS, ours))
        paid = {str(order): int(str(number)) for order, number in self._query(PAID, ours)}
        journal = _first(self._query(JOURNAL, (*ours, TOLD)))
        lost = sorted(at - fault_at for order, at in seen.acknowledged.items() if order not in orders)
        unheard = journal - set(self._receiver.times)
        counts = {
            "orders lost": len(lost),
            "payments lost": len(seen.paid - set(paid)),
            "events not delivered": len(unheard),
            "steps not told to a watcher": seen.unseen,
        }
        twice = {
            "orders placed twice": max(0, len(orders - set(seen.acknowledged)) - seen.unclear),
            "orders paid twice": sum(number > 1 for number in paid.values()),
            "steps delivered under two ids": self._receiver.twice - self._twice,
            "steps told to a watcher twice": seen.doubled,
        }
        notes = [f"{number} {name}" for name, number in (counts | twice).items() if number]
        return Verdict(
            fault=fault,
            requests=len(seen.first),
            failed=seen.failed,
            failed_again=seen.failed_again,
            lost=sum(counts.values()),
            twice=sum(twice.values()),
            repeats=self._receiver.repeats - self._repeats,
            breaks=seen.breaks,
            seconds=seen.seconds_to_recover(fault_at),
            drained=drained,
            notes=(
                *notes,
                *(f"an order was lost that was acknowledged at {at:.2f} s" for at in lost),
                *seen.wrong,
                *_tell_unclear(seen),
            ),
            reasons=tuple(seen.reasons.most_common()),
        )

    def _query(self, sql: str, arguments: tuple[object, ...]) -> list[tuple[object, ...]]:
        with psycopg.connect(self._store.keeper.primary.url, connect_timeout=5) as made:
            return made.execute(sql.encode(), arguments).fetchall()


def _first(rows: Iterable[tuple[object, ...]]) -> set[str]:
    return {str(row[0]) for row in rows}


def _tell_unclear(seen: Seen) -> list[str]:
    return [f"{seen.unclear} requests were never answered well"] if seen.unclear else []
