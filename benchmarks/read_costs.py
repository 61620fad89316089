"""The part of `benchmarks/reads.py` that knows the application: a store, its reads, and what each costs."""

import cProfile
import io
import pstats
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection

from accounts.groups import StaffGroup
from accounts.models import User
from accounts.services.registration import Profile
from accounts.services.sessions import start_login_session
from accounts.services.tenants import create_staff_account, create_tenant
from benchmarks.errors import BenchmarkError
from database import bulk_insert
from kernel import clock, ids
from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.placement import place_order
from payments.services.payment import pay_order
from payments.sources import parse_source
from pets.models import Pet
from pets.services.catalog import create_pet
from pets.services.details import PetDetails
from petstore.interfaces.http.tokens import issue_token_pair
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope

FIRST_PETS: Final = 40
TRIES: Final = 5
"""Requests before anything is counted: statements are prepared, plans are chosen."""
IN_A_ROW: Final = 10
BATCH: Final = 5000
OK: Final = 200
PHOTOS: Final = ("https://pictures.example/one.jpg", "https://pictures.example/two.jpg")
_CARD: Final = {"object": "card", "name": "Ada", "number": "4242424242424242", "cvc": "737", "expMonth": 12}


@dataclass(frozen=True)
class Read:
    """A request, and the goal for its time as × an order by id; None where there is none."""

    name: str
    path: str
    goal: float | None = None


@dataclass(frozen=True)
class Caller:
    """The headers of a caller, and the reads that they make."""

    name: str
    headers: dict[str, str]
    reads: tuple[Read, ...]


@dataclass
class Cost:
    """What one request costs."""

    calls: int
    statements: int
    times: list[float]


def main(pets: int, rounds: int) -> None:
    """Fill a store with this many pets more, and print what its reads cost with and without tenant and token."""
    for caller in (_open_staffed_store(pets), _open_shared_pool()):
        _print_costs(caller, _measure_caller(caller, rounds))


def _open_staffed_store(pets: int) -> Caller:
    tenant = create_tenant(name="Bench", access=Tenant.Access.MEMBERS, actor=SYSTEM)
    profile = Profile(email="sam@example.com", first_name="Sam", last_name="Miller")
    staff = create_staff_account(
        tenant_id=tenant.id,
        username="sam",
        password=f"{ids.new_id()}",
        profile=profile,
        actor=SYSTEM,
        group=StaffGroup.MANAGER,
    )
    with tenant_scope(tenant.id):
        order = _fill_store(pets)
        token = issue_token_pair(start_login_session(staff)).token
    headers = {"HTTP_X_TENANT_ID": str(tenant.id), "HTTP_AUTHORIZATION": f"Bearer {token}"}
    return Caller("with tenant and token", headers, (*_list_shop_reads(order), *_list_staff_reads(order, staff)))


def _open_shared_pool() -> Caller:
    with tenant_scope(SHARED_POOL_ID):
        return Caller("shared pool, without token", {}, _list_shop_reads(_fill_store(0)))


def _list_shop_reads(order: Order) -> tuple[Read, ...]:
    return (
        Read("an order by id", f"/v1/orders/{order.id}"),
        Read("a pet", f"/v1/pets/{order.pet_id}", 1.5),
        Read("twenty pets", "/v1/pets", 4.5),
        Read("dogs", "/v1/pets?species=DOG", 4.5),
        Read("dogs of any status", "/v1/pets?species=DOG&status=ALL"),
        Read("pets by price", "/v1/pets?sort=price"),
        Read("pets by a word", "/v1/pets?search=pet"),
        Read("history", f"/v1/orders/{order.id}/history", 2),
        Read("payments", f"/v1/orders/{order.id}/payments", 2),
    )


def _list_staff_reads(order: Order, staff: User) -> tuple[Read, ...]:
    return (
        Read("a user", f"/v1/users/{staff.id}", 1.5),
        Read("inventory", "/v1/inventory", 1.5),
        Read("inventories", "/v1/inventories?status=AVAILABLE"),
        Read("twenty orders", "/v1/orders"),
        Read("placed orders", "/v1/admin/orders?status=PLACED"),
        Read("audit log", "/v1/admin/audit-logs", 4.5),
        Read("audit log of an order", f"/v1/admin/audit-logs?entityId={order.id}"),
        Read("users", "/v1/admin/users"),
        Read("statistics", "/v1/admin/dashboard/stats", 4),
    )


def _fill_store(pets: int) -> Order:
    """Fill the scope's store with pets, photos and orders; return the one that is paid."""
    made = [_add_pet(number) for number in range(FIRST_PETS)]
    orders = [place_order(pet_id=pet.id, actor=SYSTEM, customer_id=None) for pet in made[::2]]
    order: Order = orders[0]
    source = parse_source(_CARD | {"expYear": clock.now().year + 3}, today=clock.now().date())
    pay_order(order_id=order.id, amount=order.total_amount, currency=order.currency, source=source, actor=SYSTEM)
    _insert_more_pets(pets, made[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return order


def _add_pet(number: int) -> Pet:
    kind = Pet.Species.DOG if number % 4 else Pet.Species.CAT
    details = PetDetails(species=kind, name=f"Pet {number}", age_months=number, price=Decimal(100 + number))
    return create_pet(details=details, photos=PHOTOS, actor=SYSTEM)


def _insert_more_pets(number: int, like: Pet) -> None:
    """Insert available pets of every species in batches, for a statement may not take long."""
    names = [field.attname for field in Pet._meta.concrete_fields]
    same = {name: getattr(like, name) for name in names} | {"status": Pet.Status.AVAILABLE.value, "is_held": False}
    kinds = Pet.Species.values
    for first in range(0, number, BATCH):
        rows = [
            {**same, "id": ids.new_id(), "species": kinds[place % len(kinds)], "age_months": place % 200}
            for place in range(first, min(number, first + BATCH))
        ]
        bulk_insert(Pet, names, [tuple(row[name] for name in names) for row in rows])


def _measure_caller(caller: Caller, rounds: int) -> dict[str, Cost]:
    handler = WSGIHandler()
    costs = {}
    for read in caller.reads:
        environ = _make_environ(read.path, caller.headers)
        for _ in range(TRIES):
            _request_once(handler, environ)
        costs[read.name] = Cost(_count_calls(handler, environ), _count_statements(handler, environ), [])
    for _ in range(rounds):
        for read in caller.reads:
            costs[read.name].times.append(_time_request(handler, _make_environ(read.path, caller.headers)))
    return costs


def _request_once(handler: WSGIHandler, environ: dict[str, Any]) -> None:
    response: Any = handler(environ | {"wsgi.input": io.BytesIO()}, _start_response)
    b"".join(response)
    response.close()
    if response.status_code != OK:
        raise BenchmarkError(f"{environ['PATH_INFO']} answers {response.status_code}.")


def _start_response(_status: str, _headers: object, _error: object = None, /) -> Callable[[bytes], object]:
    return bytes


def _count_calls(handler: WSGIHandler, environ: dict[str, Any]) -> int:
    profile = cProfile.Profile()
    profile.runcall(_request_once, handler, environ)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]  # typeshed leaves it out


def _count_statements(handler: WSGIHandler, environ: dict[str, Any]) -> int:
    texts: list[str] = []

    def count_statement(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        texts.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count_statement):
        _request_once(handler, environ)
    return len(texts)


def _time_request(handler: WSGIHandler, environ: dict[str, Any]) -> float:
    started = time.perf_counter()
    for _ in range(IN_A_ROW):
        _request_once(handler, environ)
    return (time.perf_counter() - started) / IN_A_ROW * 1e6


def _make_environ(path: str, headers: dict[str, str]) -> dict[str, Any]:
    parts = urlsplit(path)
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.errors": io.StringIO(),
        **headers,
    }


def _print_costs(caller: Caller, costs: dict[str, Cost]) -> None:
    base = costs[caller.reads[0].name]
    print(f"\n{caller.name}\n")
    print("| read | µs | × | goal | calls | × calls | statements |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for read in caller.reads:
        cost = costs[read.name]
        ratio = statistics.median(_divide_times(cost.times, base.times))
        print(
            f"| {read.name} | {statistics.median(cost.times):.0f} | {ratio:.2f} | {read.goal or ''} | {cost.calls} "
            f"| {cost.calls / base.calls:.2f} | {cost.statements} |"
        )


def _divide_times(times: Iterable[float], base: Iterable[float]) -> Iterator[float]:
    """Divide each round by the same round of the base: the machine's moods hit both."""
    return (one / other for one, other in zip(times, base, strict=True))
