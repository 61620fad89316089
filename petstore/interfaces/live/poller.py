"""Poll the journal for news of orders: once a second, for all listeners of this process.

Each poll starts at the position in the hash chain where the one before it ended. It depends on no clock, however long a
transaction took: an event has no position before it is committed and chained.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import Error, close_old_connections, connections

from events.queries import read_newest_position
from payments.queries import find_orders_with_new_events
from tenants.scoping import tenant_scope

POLL_SECONDS = 1.0

logger = logging.getLogger(__name__)
_T = TypeVar("_T")
Wanted = tuple[UUID, UUID]
"""A tenant and an order of it."""

_reader = ThreadPoolExecutor(1, thread_name_prefix="looks")


async def run_in_reader(look: Callable[[], _T]) -> _T:
    """Run a function that reads the database, in a thread that serves no requests and has no tenant scope."""
    return await asyncio.get_running_loop().run_in_executor(_reader, _run_with_connection, look)


def _run_with_connection(look: Callable[[], _T]) -> _T:
    close_old_connections()
    return look()


@dataclass(eq=False, slots=True)
class OrderWatch:
    """The wait of a listener for news of one order.

    Attributes:
        is_followed: a poll has covered it; before that something may have happened that no poll has seen.
    """

    tenant_id: UUID
    order_id: UUID
    is_followed: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_for_news(self, seconds: float) -> None:
        """Wait until something has happened, at most so long.

        Python 3.11's `wait_for` would swallow a cancellation that comes together with news.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
                self._news.clear()

    def wake_up(self) -> None:
        """End the wait, whether there is news or not."""
        self._news.set()


class OrderPoller:
    """The listeners of this process, and the task that polls for them."""

    def __init__(self) -> None:
        self._watches: set[OrderWatch] = set()
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    def __len__(self) -> int:
        return len(self._watches)

    @contextmanager
    def watch_order(self, tenant_id: UUID, order_id: UUID) -> Iterator[OrderWatch]:
        """Watch an order as long as the block lasts. Needs a running event loop."""
        watch = OrderWatch(tenant_id, order_id)
        self._watches.add(watch)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._poll_event_journal())
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def close_all_watches(self) -> None:
        """Wake all listeners, because this process is about to end. Called in the event loop."""
        self.is_closed = True
        for watch in self._watches:
            watch.wake_up()

    async def _poll_event_journal(self) -> None:
        """Poll until no listener is left. After an outage of the database it goes on where it was."""
        since: int | None = None
        while self._watches:
            await asyncio.sleep(POLL_SECONDS)
            watches = list(self._watches)
            wanted = {(watch.tenant_id, watch.order_id) for watch in watches}
            try:
                since, news = await run_in_reader(partial(_read_order_news, wanted, since))
            except Error:
                logger.exception("The database does not answer; polling goes on")
                continue
            for watch in watches:
                if watch.order_id in news or not watch.is_followed:
                    watch.is_followed = True
                    watch.wake_up()
        self._task = None
        await run_in_reader(connections.close_all)


def _read_order_news(wanted: Collection[Wanted], since: int | None) -> tuple[int, set[UUID]]:
    """Return the journal's last position and the orders with news since then; one query a tenant, if it has grown."""
    position = read_newest_position()
    news: set[UUID] = set()
    if since is None or position <= since:
        return position, news
    orders: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for tenant_id, order_id in wanted:
        orders[tenant_id].add(order_id)
    for tenant_id, order_ids in orders.items():
        with tenant_scope(tenant_id):
            news |= find_orders_with_new_events(order_ids, after=since, up_to=position)
    return position, news


order_poller = OrderPoller()
