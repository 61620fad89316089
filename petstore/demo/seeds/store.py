"""Seeds of the whole demo store; a second run finds everything in place and adds nothing."""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from accounts.models import User
from applications.representation import represent_application
from kernel import clock
from orders.imports import PastRows
from orders.models import Order
from payments.imports import PastSales, import_sales
from pets.models import Pet
from petstore.demo.seeds.accounts import Passwords, Shop, seed_shops
from petstore.demo.seeds.applications import seed_application
from petstore.demo.seeds.past_orders import SeedPlan, generate_past_pets
from petstore.demo.seeds.past_payments import PaymentHistory
from petstore.demo.seeds.past_rooms import seed_rooms
from petstore.demo.seeds.past_webhooks import seed_webhooks
from tenants.scoping import SHARED_POOL_ID, public_tenant_id, tenant_scope

DEFAULT_ORDERS = 120
DEFAULT_TENANTS = 3
BATCH = 1000
"""Pets written in one transaction, with their orders."""


class StaffMember(NamedTuple):
    """A staff member of a demo tenant: the group, and whether the password is the demo's."""

    username: str
    slug: str
    group: str
    has_known_password: bool


@dataclass(frozen=True, slots=True)
class SeededStore:
    """The accounts and figures of the demo store.

    Attributes:
        store: as `seed_demo --json` prints it (contract, Commands); its staff are the managers. A changed password is
            null.
        staff: all staff.
        password: of all accounts that have not changed it.
    """

    store: dict[str, Any]
    staff: list[StaffMember]
    password: str


def seed_store(*, password: str = "", orders: int, tenants: int, on_progress: Callable[[int], object]) -> SeededStore:
    """Add what is missing of the demo store and describe it.

    Args:
        password: for every demo account, also for those with another one. Without it new accounts get a derived one,
            and the others keep theirs.
        orders: the least number of orders over all shops.
        on_progress: called with the number of orders just written.

    Raises:
        Conflict: an account that is not of the demo has one of its usernames.
        Invalid: the password is too weak.
    """
    keys = Passwords(password)
    admin, shops = seed_shops(tenants, keys)
    applications = []
    for shop, share in zip(shops, _share_orders(orders, len(shops)), strict=True):
        with tenant_scope(shop.tenant.id):
            _seed_shop_past(shop, share, on_progress)
            applications.append(seed_application(shop))
    store = _summarize_store(admin, shops, keys) | {"applications": list(map(represent_application, applications))}
    return SeededStore(store, list(_list_staff_members(shops[:-1], keys)), keys.password)


def _share_orders(orders: int, shops: int) -> list[int]:
    return [(orders + place) // shops for place in reversed(range(shops))]


def _seed_shop_past(shop: Shop, orders: int, on_progress: Callable[[int], object]) -> None:
    existing = Order.objects.count()
    on_progress(min(existing, orders))
    plan = SeedPlan(shop, pets=Pet.objects.count(), orders=max(0, orders - existing), now=clock.now())
    with _pause_garbage_collector():
        for sales in _prepare_batches_ahead(_generate_sales_batches(plan)):
            import_sales(sales)
            on_progress(len(sales.rows.orders))
    seed_rooms(shop, plan.now)
    if shop.tenant.id != SHARED_POOL_ID:
        seed_webhooks(shop, plan.now)


@contextmanager
def _pause_garbage_collector() -> Iterator[None]:
    """Pause the garbage collector: the rows have no cycles, and looking for some takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _generate_sales_batches(plan: SeedPlan) -> Iterator[PastSales]:
    past, till = generate_past_pets(plan), PaymentHistory(plan)
    while batch := tuple(islice(past, BATCH)):
        sales = PastSales(PastRows(plan.shop.tenant.id))
        for pet in batch:
            sales.add_pet(pet, [till.generate_past_payments(order) for order in pet.orders])
        yield sales


def _prepare_batches_ahead(batches: Iterator[PastSales]) -> Iterator[PastSales]:
    """Yield the batches, each prepared while the database writes the one before it."""
    with ThreadPoolExecutor(max_workers=1) as maker:
        context = copy_context()

        def prepare_next_batch() -> "Future[PastSales | None]":
            return maker.submit(lambda: context.run(lambda: next(batches, None)))

        upcoming = prepare_next_batch()
        while (sales := upcoming.result()) is not None:
            upcoming = prepare_next_batch()
            yield sales


def _summarize_store(admin: User, shops: list[Shop], keys: Passwords) -> dict[str, Any]:
    tenants = shops[:-1]
    return {
        "admin": {"username": admin.username, "password": keys.password_of(admin)},
        "staff": [_summarize_account(shop.keeper, shop, keys) for shop in tenants],
        "customers": [
            {"id": str(user.id)} | _summarize_account(user, shop, keys) for shop in shops for user in shop.customers
        ],
        "tenants": [
            {"id": str(shop.tenant.id), "slug": shop.tenant.slug, "access": shop.tenant.access} for shop in tenants
        ],
        "pets": sum(_count_shop_rows(Pet, shop) for shop in shops),
        "orders": sum(_count_shop_rows(Order, shop) for shop in shops),
    }


def _list_staff_members(shops: list[Shop], keys: Passwords) -> Iterator[StaffMember]:
    for shop in shops:
        for user in (shop.keeper, *shop.colleagues):
            groups, is_known = ", ".join(user.groups.values_list("name", flat=True)), keys.password_of(user) is not None
            yield StaffMember(user.username, shop.tenant.slug, groups, has_known_password=is_known)


def _summarize_account(user: User, shop: Shop, keys: Passwords) -> dict[str, str | None]:
    tenant_id = public_tenant_id(shop.tenant.id)
    return {
        "username": user.username,
        "password": keys.password_of(user),
        "tenantId": str(tenant_id) if tenant_id else None,
    }


def _count_shop_rows(model: type[Pet] | type[Order], shop: Shop) -> int:
    with tenant_scope(shop.tenant.id):
        return int(model.objects.count())
