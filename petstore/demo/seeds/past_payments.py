"""Seeds of a demo shop's payments: most succeed at once, some at the second attempt, a few never."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from orders.imports import PastOrder
from orders.states import Status
from payments.imports import PastPayment
from payments.sources import Source
from petstore.demo.catalogue import generate_customer_profiles
from petstore.demo.seeds.past_orders import SeedPlan
from petstore.demo.seeds.wallets import choose_payment_sources, choose_refused_sources

FAILED_BEFORE_SHARE = 0.15
GIVEN_UP_SHARE = 0.3
"""Of the orders that nobody has paid."""
STRANGERS = 12
"""The number of people who buy without an account."""
LATEST_TRY = timedelta(minutes=8)
BAD_SHARES = (7, 1, 2)


class PaymentHistory:
    """The payments of a shop's customers."""

    def __init__(self, plan: SeedPlan) -> None:
        self._rng, now = Random(f"till {plan.shop.tenant.slug} {plan.pets}"), plan.now
        people = plan.shop.customers
        self._known = {user.id: self._choose_wallet(f"{user.first_name} {user.last_name}", now) for user in people}
        strangers = generate_customer_profiles(self._rng.getrandbits(32), STRANGERS)
        self._strangers = [self._choose_wallet(f"{one.first_name} {one.last_name}", now) for one in strangers]

    def generate_past_payments(self, order: PastOrder) -> tuple[PastPayment, ...]:
        """Generate an order's attempts, first to last; orders that staff approved were paid at the counter."""
        return tuple(self._generate_payment_attempts(order))

    def _generate_payment_attempts(self, order: PastOrder) -> Iterator[PastPayment]:
        good, bad = self._find_wallet(order.customer_id)
        placed, following = order.steps[0], order.steps[1:2]
        is_approved = any(step.status is Status.APPROVED for step in following)
        paid = [step.at for step in following if is_approved and step.by.is_system]
        if is_approved and not paid:
            return
        if self._rng.random() < (FAILED_BEFORE_SHARE if paid else GIVEN_UP_SHARE):
            latest = min((LATEST_TRY, *(step.at - placed.at for step in following)))
            at = placed.at + timedelta(seconds=int(latest.total_seconds() * self._rng.random()))
            yield PastPayment(source=self._rng.choices(bad, BAD_SHARES)[0], at=at)
        for at in paid:
            yield PastPayment(source=self._rng.choice(good), at=at)

    def _choose_wallet(self, name: str, now: datetime) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
        return choose_payment_sources(name, self._rng, now=now), choose_refused_sources(name, self._rng, now=now)

    def _find_wallet(self, customer_id: UUID | None) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
        return self._known[customer_id] if customer_id else self._rng.choice(self._strangers)
