"""The process of `benchmarks.in_process`: it fills a store and calls what the request threads of `serve` call."""

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from statistics import median
from typing import Any
from uuid import UUID

import orjson
from django.db import connections

from accounts.models import User
from accounts.services.registration import Profile, register_user
from accounts.services.sessions import start_login_session
from accounts.services.tenants import create_staff_account, create_tenant
from kernel import clock
from kernel.actor import SYSTEM
from orders.services.placement import place_order
from pets.services.catalog import create_pet
from pets.services.details import PetDetails
from petstore.asgi import application
from petstore.interfaces.http.tokens import issue_token_pair
from petstore.server.request_body import Body
from petstore.server.response_headers import encode_response_headers
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope

WARM_UP = 20
ORDERS = 45
CALLERS = ("nobody", "customer", "staff")
METHODS = ("GET", "LIST", "POST")
PASSWORD = "correct horse battery staple"  # noqa: S105  # of a store that lives for a minute
HEADERS = ((b"host", b"127.0.0.1"), (b"user-agent", b"benchmark"), (b"accept", b"*/*"))

ROUND_TRIPS = {("libpq.py", "run_statement"), ("ursor.py", "execute")}
"""The ends of the paths and the names of the functions that send statements: compiled ones, and psycopg's own."""

Call = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Shop:
    """A store with orders.

    Attributes:
        headers: what its callers send, by who they are.
        orders: an order that each of them may read.
        pets: those that can still be bought.
    """

    headers: Mapping[str, tuple[tuple[bytes, bytes], ...]]
    orders: Mapping[str, UUID]
    pets: Iterator[UUID]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request of one kind costs."""

    status: int
    microseconds: float
    calls: int
    round_trips: int


def print_request_costs(arguments: Sequence[str]) -> None:
    """Measure each kind of request, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--profile", default="", help="print the functions of one row, such as `GET tenant customer`")
    options = parser.parse_args(arguments)
    pets = 3 * (options.requests + 2 * WARM_UP)
    shops = {"pool": fill_shop(SHARED_POOL_ID, pets), "tenant": fill_shop(_open_shop().id, pets)}
    print(f"{'request':28}{'status':>7}{'µs':>8}{'calls':>8}{'round trips':>12}{'× pool':>8}")
    for method in METHODS:
        for caller in CALLERS:
            costs = {}
            for place, shop in shops.items():
                row, call = f"{method} {place} {caller}", prepare_call(shop, method, caller)
                costs[place] = cost = measure_call(call, options.requests)
                ratio = cost.microseconds / costs["pool"].microseconds
                print(f"{row:28}{cost.status:7}{cost.microseconds:8.0f}{cost.calls:8}{cost.round_trips:12}{ratio:8.2f}")
                if row == options.profile:
                    _print_profile(call)
    connections.close_all()


def _open_shop() -> Tenant:
    return create_tenant(actor=SYSTEM, name="Measured", access=Tenant.Access.OPEN)


def fill_shop(tenant_id: UUID, pets: int) -> Shop:
    """Make people, orders and pets in a tenant."""
    customer, staff = _register_people(tenant_id)
    tenant = [] if tenant_id == SHARED_POOL_ID else [(b"x-tenant-id", str(tenant_id).encode())]
    headers = {"nobody": (*HEADERS, *tenant)}
    with tenant_scope(tenant_id):
        for name, user in (("customer", customer), ("staff", staff)):
            token = issue_token_pair(start_login_session(user)).token
            headers[name] = (*HEADERS, *tenant, (b"authorization", f"Bearer {token}".encode()))
        animals = iter([_create_animal() for _ in range(pets + 2 * ORDERS)])
        placed = [place_order(pet_id=next(animals), actor=SYSTEM) for _ in range(ORDERS)]
        own = [place_order(pet_id=next(animals), actor=SYSTEM, customer_id=customer.id) for _ in range(ORDERS)]
    return Shop(headers, {"nobody": placed[0].id, "customer": own[0].id, "staff": own[0].id}, animals)


def _create_animal() -> UUID:
    details = PetDetails(name="Rex", species="DOG", age_months=18, price=Decimal("150.00"))
    return create_pet(details=details, actor=SYSTEM).id


def _register_people(tenant_id: UUID) -> tuple[User, User]:
    """Register a customer whose account is old, for a new one has no quota of its own, and a manager."""
    name = f"{tenant_id.hex[-6:]}"
    profile = Profile(email=f"{name}@example.com", first_name="First", last_name="Last")
    at = clock.now() - timedelta(days=2)
    with tenant_scope(tenant_id):
        customer = register_user(
            username=f"customer{name}", password=PASSWORD, profile=profile, actor=SYSTEM, opened_at=at
        )
    profile = Profile(email=f"staff{name}@example.com", first_name="First", last_name="Last")
    staff = create_staff_account(
        tenant_id=tenant_id, username=f"staff{name}", password=PASSWORD, profile=profile, actor=SYSTEM
    )
    return customer, staff


def prepare_call(shop: Shop, method: str, caller: str) -> Call:
    """Return a function that makes one request and returns its status."""
    path = f"/v1/orders/{shop.orders[caller]}" if method == "GET" else "/v1/orders"
    scope = _build_scope("POST" if method == "POST" else "GET", path, shop.headers[caller])
    return lambda: _respond_to(scope, orjson.dumps({"petId": next(shop.pets)}) if method == "POST" else b"")


def _build_scope(method: str, path: str, headers: tuple[tuple[bytes, bytes], ...]) -> dict[str, Any]:
    content = ((b"content-type", b"application/json"), (b"content-length", b"64")) if method == "POST" else ()
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [*headers, *content],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }


def _respond_to(scope: dict[str, Any], body: bytes) -> int:
    response = application.handler.build_response(dict(scope), Body(BytesIO(body), len(body)))
    encode_response_headers(response)
    return response.status_code


def measure_call(call: Call, requests: int) -> Cost:
    """Measure a kind of request: its processor time by the median, its calls and statements by one each."""
    for _ in range(WARM_UP):
        status = call()
    times = []
    for _ in range(requests):
        begun = time.thread_time_ns()
        call()
        times.append(time.thread_time_ns() - begun)
    stats: Any = pstats.Stats(_profile_call(call))
    trips = sum(calls[1] for (path, _, name), calls in stats.stats.items() if (path[-8:], name) in ROUND_TRIPS)
    return Cost(status, median(times) / 1000, stats.total_calls, trips)


def _profile_call(call: Call) -> cProfile.Profile:
    profile = cProfile.Profile()
    profile.runcall(call)
    return profile


def _print_profile(call: Call) -> None:
    stats = pstats.Stats(_profile_call(call), stream=sys.stdout)
    stats.sort_stats("cumulative").print_stats(90)
    stats.sort_stats("calls").print_stats(60)
