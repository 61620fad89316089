"""The proof that all contestants do the same work: equal answers to equal requests, and the same rows for an order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx

from benchmarks.errors import BenchmarkError
from benchmarks.operations import OWN, PAGE, PETS, SEARCH
from benchmarks.visitors import Visitors

VOLATILE = ("id", "createdAt", "updatedAt")
"""Fields of a new order that each server makes itself."""
TIMEOUT = 30
JSON = {"Content-Type": "application/json"}


def require_equal_work(visitors: Sequence[Visitors]) -> None:
    """Let all contestants answer the same requests, and compare them with the first.

    Raises:
        BenchmarkError: when one answers otherwise, lets a stranger in, or writes other rows.
    """
    answers = {one.slug: dict(_collect_answers(one)) for one in visitors}
    reference, *others = answers
    for slug in others:
        for name, expected in answers[reference].items():
            _require_equal(f"{slug}, {name}", expected, answers[slug][name])


def _collect_answers(visitors: Visitors) -> Iterator[tuple[str, Any]]:
    caller = visitors.customers[0]
    order, pet = next(caller.shop.list_orders_of(caller.customer)), next(caller.shop.list_pets_for_sale())
    stranger = next(caller.shop.list_orders_of(caller.customer + 2))
    with httpx.Client(base_url=visitors.site.base_url, headers=caller.headers, timeout=TIMEOUT) as client:
        yield "GET order", _read_json(client.get(f"/v1/orders/{order}"), 200)
        yield "GET another's order", _require_status(client.get(f"/v1/orders/{stranger}"), 403)
        yield "GET pet", _read_json(client.get(f"/v1/pets/{next(caller.shop.list_catalogue())}"), 200)
        for one in (OWN, PETS, SEARCH):
            yield one.title, _read_page(client.request(one.method, one.path, content=one.body, headers=JSON))
        visitors.site.stock_pets([caller.shop])
        yield "POST order", _place_order(client, visitors, pet)
        yield "POST order of a pet that is sold", _require_status(_post_order(client, pet), 409)
    visitors.site.reset_seeded_rows()
    yield "GET order without a token", _require_status(_ask_without_token(visitors, order), 401)


def _ask_without_token(visitors: Visitors, order: UUID) -> httpx.Response:
    tenant = {"X-Tenant-ID": visitors.customers[0].tenant}
    return httpx.get(f"{visitors.site.base_url}/v1/orders/{order}", headers=tenant, timeout=TIMEOUT)


def _post_order(client: httpx.Client, pet: UUID) -> httpx.Response:
    return client.post("/v1/orders", json={"petId": str(pet)})


def _place_order(client: httpx.Client, visitors: Visitors, pet: UUID) -> dict[str, Any]:
    """Place an order: one row more in each table, and the pet is taken."""
    before = _count_written_rows(visitors)
    placed: dict[str, Any] = _read_json(_post_order(client, pet), 201)
    after = _count_written_rows(visitors)
    for table, count in before.items():
        if after[table] != count + 1:
            raise BenchmarkError(f"{visitors.slug}: an order is {after[table] - count} rows in {table}, not one.")
    taken = _read_json(client.get(f"/v1/pets/{pet}"), 200)["status"]
    return {name: value for name, value in placed.items() if name not in VOLATILE} | {"the pet's status": taken}


def _count_written_rows(visitors: Visitors) -> Mapping[str, int]:
    site = visitors.site
    tables = site.contestant.family.written_tables
    return {table: site.place.cluster.count_rows(site.database, table) for table in tables}


def _read_page(answer: httpx.Response) -> dict[str, Any]:
    """A page without its links, which are each server's own; whether there are any must be equal."""
    page = _read_json(answer, 200)
    if len(page["data"]) != PAGE:
        raise BenchmarkError(f"{answer.request.url} is a page of {len(page['data'])}, not of {PAGE}.")
    return {**page, "links": {name: link is not None for name, link in page["links"].items()}}


def _read_json(answer: httpx.Response, status: int) -> Any:
    _require_status(answer, status)
    return answer.json()


def _require_status(answer: httpx.Response, status: int) -> int:
    if answer.status_code != status:
        raise BenchmarkError(
            f"{answer.request.method} {answer.request.url} should be {status}, but is {answer.status_code}: "
            f"{answer.text[:500]}"
        )
    return status


def _require_equal(name: str, expected: object, found: object) -> None:
    if expected != found:
        raise BenchmarkError(f"{name}: the answer should be\n{expected}\nbut is\n{found}")
