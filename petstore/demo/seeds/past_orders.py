"""Seeds of a demo shop's past: its pets, and orders in every state over the last 90 days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, cycle
from random import Random

from accounts.models import User
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from orders.imports import PastOrder, PastPet, PastStep
from orders.states import Status
from pets.models import Pet
from pets.services.details import PetDetails
from petstore.demo.catalogue import PetProfile, generate_pet_profiles
from petstore.demo.portraits import draw_pet_portrait
from petstore.demo.seeds.accounts import Shop

Fate = tuple[Status, ...]
"""The last status of each of a pet's orders, in their order."""

PLACED, APPROVED, SHIPPED, DELIVERED, CANCELLED = Status
STOCK: tuple[Fate, ...] = ((),) * 9
FATES: tuple[Fate, ...] = (
    (DELIVERED,),
    (PLACED,),
    (APPROVED,),
    (CANCELLED, DELIVERED),
    (SHIPPED,),
    (CANCELLED,),
    (DELIVERED,),
    (CANCELLED, PLACED),
    (DELIVERED,),
    (CANCELLED, SHIPPED),
    (DELIVERED,),
    (CANCELLED, CANCELLED, DELIVERED),
)
AGES: dict[Status, tuple[timedelta, timedelta]] = {
    PLACED: (timedelta(minutes=10), timedelta(hours=20)),
    APPROVED: (timedelta(hours=3), timedelta(days=3)),
    SHIPPED: (timedelta(days=1), timedelta(days=6)),
    DELIVERED: (timedelta(days=4), timedelta(days=80)),
    CANCELLED: (timedelta(hours=6), timedelta(days=80)),
}
"""The age of a pet's last order, by its status."""

PATHS: dict[Status, tuple[Fate, ...]] = {
    PLACED: ((PLACED,),),
    APPROVED: ((PLACED, APPROVED),),
    SHIPPED: ((PLACED, APPROVED, SHIPPED),),
    DELIVERED: ((PLACED, APPROVED, SHIPPED, DELIVERED),),
    CANCELLED: ((PLACED, CANCELLED), (PLACED, APPROVED, CANCELLED)),
}
REASONS = ("Changed my mind.", "Found a pet closer to home.", "My landlord said no.", "Ordered by mistake.")
AT_THE_COUNTER = "Paid at the counter."
LONGEST = timedelta(days=6)
"""The longest time from placing to the last step."""

ANONYMOUS_SHARE = 0.15
PAID_ONLINE_SHARE = 0.9
"""Of the orders that were approved; the others were paid at the counter."""
PAID_ONLINE_PETS = 4000
"""The latest pets of a shop, with some 5000 orders. Earlier ones were paid at the counter, which is seeded faster."""
PORTRAITS = 32
PORTRAIT_PIXELS = 480


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """The pets and orders that a shop lacks.

    Attributes:
        pets: the number that it has already.
        orders: the number to add.
    """

    shop: Shop
    pets: int
    orders: int
    now: datetime


def generate_past_pets(plan: SeedPlan) -> Iterator[PastPet]:
    """Generate the pets that the shop lacks, each with its orders, which add up to the plan's number."""
    fates = [*(() if plan.pets else STOCK), *_choose_order_fates(plan.orders)]
    rng = Random(f"{plan.shop.tenant.slug} {plan.pets}")
    profiles = generate_pet_profiles(rng.getrandbits(32), len(fates))
    for number, (fate, profile) in enumerate(zip(fates, profiles, strict=True), start=plan.pets):
        place = number - plan.pets
        life = _PetHistory(plan, rng, place / len(fates), pays_online=len(fates) - place <= PAID_ONLINE_PETS)
        yield life.generate_past_pet(profile, fate, number)


def _choose_order_fates(orders: int) -> Iterator[Fate]:
    left = orders
    for fate in cycle(FATES):
        if left <= 0:
            return
        yield fate[-left:]
        left -= len(fate)


@dataclass(frozen=True, slots=True)
class _PetHistory:
    """The history of a pet.

    Attributes:
        lateness: from 0 to 1, its place in the store's past, so that rows come nearly in order.
    """

    plan: SeedPlan
    rng: Random
    lateness: float
    pays_online: bool

    def generate_past_pet(self, profile: PetProfile, fate: Fate, number: int) -> PastPet:
        orders = self._generate_past_orders(fate)
        first = (
            orders[0].steps[0].at if orders else self.plan.now - self._choose_duration(timedelta(0), timedelta(days=60))
        )
        is_withdrawn = not orders and number == len(STOCK) - 1
        return PastPet(
            details=_build_pet_details(profile),
            arrived_at=first - self._choose_duration(timedelta(hours=2), timedelta(days=9)),
            by=_actor_for(self.plan.shop.keeper),
            status=Pet.Status.NOT_AVAILABLE if is_withdrawn else Pet.Status.AVAILABLE,
            portrait=draw_pet_portrait(profile, size=PORTRAIT_PIXELS) if number < PORTRAITS else b"",
            orders=orders,
        )

    def _generate_past_orders(self, fate: Fate) -> tuple[PastOrder, ...]:
        """Generate the orders from the last one backwards: each ends before the next begins."""
        orders: list[PastOrder] = []
        until = self.plan.now
        for status in reversed(fate):
            placed_at = until - (
                self._choose_duration(timedelta(hours=6), timedelta(days=3))
                if orders
                else self._choose_order_age(status)
            )
            orders.append(self._generate_past_order(status, placed_at, min(until, placed_at + LONGEST)))
            until = placed_at
        return tuple(reversed(orders))

    def _choose_order_age(self, status: Status) -> timedelta:
        low, high = AGES[status]
        lateness = min(1.0, max(0.0, self.lateness + self.rng.uniform(-0.05, 0.05)))
        return timedelta(seconds=int((high - (high - low) * lateness).total_seconds()))

    def _generate_past_order(self, status: Status, placed_at: datetime, until: datetime) -> PastOrder:
        customer = None if self.rng.random() < ANONYMOUS_SHARE else self.rng.choice(self.plan.shop.customers)
        path = self.rng.choice(PATHS[status])
        later = sorted(placed_at + self._choose_duration(timedelta(seconds=1), until - placed_at) for _ in path[1:])
        moments = chain((placed_at,), later)
        steps = (self._generate_past_step(path, place, at, customer) for place, at in enumerate(moments))
        return PastOrder(customer_id=customer.id if customer else None, steps=tuple(steps))

    def _generate_past_step(self, path: Fate, place: int, at: datetime, customer: User | None) -> PastStep:
        """Generate a step: the system approves online payments and cancels unpaid orders."""
        buyer = _actor_for(customer) if customer else ANONYMOUS
        match path[place]:
            case Status.PLACED:
                return PastStep(status=PLACED, at=at, by=buyer)
            case Status.APPROVED if self.pays_online and self.rng.random() < PAID_ONLINE_SHARE:
                return PastStep(status=APPROVED, at=at, by=SYSTEM, reason="Paid.")
            case Status.CANCELLED if APPROVED not in path and self.rng.random() < 1 / 2:
                return PastStep(status=CANCELLED, at=at, by=SYSTEM, reason="Not paid in time.")
            case Status.CANCELLED:
                return PastStep(status=CANCELLED, at=at, by=buyer, reason=self.rng.choice(REASONS))
        reason = AT_THE_COUNTER if path[place] == APPROVED else ""
        return PastStep(status=path[place], at=at, by=_actor_for(self.plan.shop.keeper), reason=reason)

    def _choose_duration(self, low: timedelta, high: timedelta) -> timedelta:
        return timedelta(seconds=int(self.rng.uniform(low.total_seconds(), high.total_seconds())))


def _actor_for(user: User) -> Actor:
    return Actor(user_id=user.id, role=Role(user.role))


def _build_pet_details(profile: PetProfile) -> PetDetails:
    return PetDetails(
        species=profile.species,
        name=profile.name,
        age_months=profile.age_months,
        price=profile.price,
        breed=profile.breed,
        size=profile.size,
        color=profile.color,
        gender=profile.gender,
        good_with_kids=profile.good_with_kids,
        description=profile.description,
        spayed_neutered=profile.medical["spayedNeutered"],
        vaccinated=profile.medical["vaccinated"],
        microchipped=profile.medical["microchipped"],
        special_needs=profile.medical["specialNeeds"],
        health_notes=profile.medical["healthNotes"],
    )
