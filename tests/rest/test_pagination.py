"""Pages, links and cursors, shown on the list of orders (contract, Collections)."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from kernel import ids
from kernel.actor import SYSTEM
from orders.imports import PastOrder, PastPet, PastStep, import_past
from orders.models import Order
from orders.states import Status
from pets.services.details import PetDetails
from petstore.interfaces.representation import totals
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.rest.problems import assert_problem

LIST = "/v1/orders"
START = datetime(2025, 6, 1, 12, tzinfo=UTC)
fuzzed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def fill(acme: Tenant) -> Callable[[int], list[str]]:
    """Gives acme this many orders, three a second, and tells their ids, newest first."""

    def fill(number: int) -> list[str]:
        with tenant_scope(acme.id):
            import_past([_past(START + timedelta(seconds=each // 3)) for each in range(number)])
            return [str(order.id) for order in Order.objects.newest_first()]

    return fill


def _past(moment: datetime) -> PastPet:
    step = PastStep(status=Status.PLACED, at=moment, by=SYSTEM)
    details = PetDetails(species="DOG", name="Rex", age_months=18, price=Decimal(150))
    order = PastOrder(customer_id=None, steps=(step,))
    return PastPet(details=details, arrived_at=moment, by=SYSTEM, orders=(order,))


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


def _page(client: Client, address: str = LIST, **query: Any) -> dict[str, Any]:
    response = client.get(address, query or None)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def _walk(client: Client, page: dict[str, Any], way: str) -> Iterator[dict[str, Any]]:
    """The page and those that its links lead to."""
    yield page
    while page["links"][way]:
        page = _page(client, page["links"][way])
        yield page


def _shown(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["data"]]


def test_pages_cut_the_list_without_gap_or_overlap(staff: Client, fill: Callable[[int], list[str]]) -> None:
    orders = fill(7)
    assert [_shown(_page(staff, page=number, limit=3)) for number in (1, 2, 3)] == [orders[:3], orders[3:6], orders[6:]]
    assert _page(staff, page=2, limit=3)["pagination"] == {"page": 2, "limit": 3, "totalItems": 7, "totalPages": 3}


def test_a_page_has_20_rows_unless_asked_otherwise(staff: Client, fill: Callable[[int], list[str]]) -> None:
    orders = fill(21)
    assert _shown(_page(staff)) == _shown(_page(staff, page=1)) == orders[:20]
    assert _page(staff)["pagination"] == {"page": 1, "limit": 20, "totalItems": 21, "totalPages": 2}


@pytest.mark.parametrize("limit", [1, 100])
def test_the_bounds_of_a_limit_belong_to_it(staff: Client, fill: Callable[[int], list[str]], limit: int) -> None:
    orders = fill(101)
    assert _shown(_page(staff, limit=limit)) == orders[:limit]
    assert _page(staff, limit=limit)["pagination"]["totalPages"] == -(-101 // limit)


@pytest.mark.parametrize("name", ["limit", "page"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "", " 1", "1.0", "1e1", "٣", "\0", "9223372036854775808", "9" * 400])
def test_a_page_or_limit_is_a_number_within_bounds(staff: Client, name: str, value: str) -> None:
    assert_problem(staff.get(LIST, {name: value}), 400, "validation-error", name)


def test_a_limit_of_101_is_too_much(staff: Client) -> None:
    assert_problem(staff.get(LIST, {"limit": 101}), 400, "validation-error", "limit")


def test_past_the_end_there_is_an_empty_page_with_a_way_back(staff: Client, fill: Callable[[int], list[str]]) -> None:
    orders = fill(4)
    page = _page(staff, page=9, limit=3)
    assert (page["data"], page["pagination"]["totalItems"], page["links"]["next"]) == ([], 4, None)
    assert _shown(_page(staff, page["links"]["prev"])) == orders[3:]


def test_a_page_deeper_than_100_000_rows_points_to_the_cursor(staff: Client) -> None:
    assert _page(staff, page=5001)["data"] == []
    response = staff.get(LIST, {"page": 5002})
    assert_problem(response, 400, "validation-error", "page")
    assert "cursor" in response.json()["errors"][0]["message"]


def test_every_link_leads_where_it_says(staff: Client, fill: Callable[[int], list[str]]) -> None:
    orders = fill(7)
    page = _page(staff, page=2, limit=3, status="placed")
    followed = {name: _shown(_page(staff, address)) for name, address in page["links"].items()}
    assert followed == {
        "self": orders[3:6],
        "next": orders[6:],
        "prev": orders[:3],
        "first": orders[:3],
        "last": orders[6:],
    }


def test_links_are_absolute_and_keep_filters_and_limit(staff: Client, fill: Callable[[int], list[str]]) -> None:
    fill(7)
    page = _page(staff, page=2, limit=3, status="placed")
    for address in page["links"].values():
        assert address.startswith("http://testserver/v1/orders?")
        query = parse_qs(urlsplit(address).query)
        assert (query["limit"], query["status"]) == (["3"], ["placed"])
    assert "cursor=" in page["links"]["next"]


def test_where_there_is_no_page_there_is_no_link(staff: Client, fill: Callable[[int], list[str]]) -> None:
    fill(4)
    first, last = _page(staff, limit=2), _page(staff, page=2, limit=2)
    assert (first["links"]["prev"], last["links"]["next"]) == (None, None)
    assert first["links"]["next"]
    assert last["links"]["prev"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_a_walk_by_cursor_sees_every_row_once_there_and_back(
    staff: Client, fill: Callable[[int], list[str]], limit: int
) -> None:
    orders = fill(11)
    there = list(_walk(staff, _page(staff, limit=limit), "next"))
    back = list(_walk(staff, there[-1], "prev"))
    assert [_shown(page) for page in there] == [_shown(page) for page in reversed(back)]
    assert [row for page in there for row in _shown(page)] == orders
    assert [page["pagination"]["page"] for page in there] == [*range(1, len(there) + 1)]


def test_orders_that_arrive_meanwhile_disturb_no_walk(
    staff: Client, acme: Tenant, fill: Callable[[int], list[str]]
) -> None:
    orders, there = fill(7), []
    for page in _walk(staff, _page(staff, limit=2), "next"):
        there += _shown(page)
        OrderFactory.create(tenant=acme)
    back = [row for page in _walk(staff, page, "prev") for row in reversed(_shown(page))]
    assert there == orders
    assert back[: len(orders)] == orders[::-1]
    assert len(back) == len(set(back)) == len(orders) + 4


def test_a_walk_keeps_its_filter(staff: Client, acme: Tenant, alice: User, fill: Callable[[int], list[str]]) -> None:
    fill(3)
    hers = [str(OrderFactory.create(tenant=acme, customer=alice).id) for _ in range(3)]
    pages = _walk(staff, _page(staff, userId=alice.id, limit=1), "next")
    assert [row for page in pages for row in _shown(page)] == hers[::-1]


def test_a_cursor_and_a_page_exclude_each_other(staff: Client, fill: Callable[[int], list[str]]) -> None:
    fill(2)
    address = _page(staff, limit=1)["links"]["next"]
    assert_problem(staff.get(f"{address}&page=1"), 400, "validation-error", "cursor")


@pytest.mark.as_owner
@pytest.mark.parametrize(("number", "is_estimate"), [(3, False), (4, True)])
@pytest.mark.parametrize("query", [{}, {"page": 1}, {"status": "PLACED"}])
def test_a_total_is_exact_up_to_a_bound_and_then_an_estimate(
    staff: Client,
    fill: Callable[[int], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    query: dict[str, Any],
    number: int,
    is_estimate: bool,
) -> None:
    monkeypatch.setattr(totals, "EXACT_UP_TO", 3)
    fill(number)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    figures = _page(staff, limit=2, **query)["pagination"]
    assert figures["totalItems"] == number
    assert figures.get("totalIsEstimate") == (True if is_estimate else None)


def test_an_estimated_list_promises_no_last_page_and_still_ends(
    staff: Client, fill: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "EXACT_UP_TO", 3)
    orders = fill(5)
    first = _page(staff, limit=2)
    assert first["links"]["last"] is None
    assert [row for page in _walk(staff, first, "next") for row in _shown(page)] == orders


def _cursor(*fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


GOOD = ("-created_at", "2025-06-01 12:00:00+00:00", str(ids.new_id()), 2, 0)
TAMPERED: dict[str, tuple[object, ...]] = {
    "of another list": ("created_at", *GOOD[1:]),
    "of another order": ("-price", *GOOD[1:]),
    "with no value": (GOOD[0], None, *GOOD[2:]),
    "with a number for a time": (GOOD[0], 1, *GOOD[2:]),
    "with a date for a time": (GOOD[0], "2025-06-01", *GOOD[2:]),
    "with a time without offset": (GOOD[0], "2025-06-01 12:00:00", *GOOD[2:]),
    "of the year 1": (GOOD[0], "0001-01-01 00:00:00+14:00", *GOOD[2:]),
    "of the year 9999": (GOOD[0], "9999-12-31 23:59:59-14:00", *GOOD[2:]),
    "of a day that never was": (GOOD[0], "2025-02-30 12:00:00+00:00", *GOOD[2:]),
    "with NUL": (GOOD[0], "\0", *GOOD[2:]),
    "with no id": (*GOOD[:2], None, *GOOD[3:]),
    "with a short id": (*GOOD[:2], "1", *GOOD[3:]),
    "of page 0": (*GOOD[:3], 0, 0),
    "of page 2^63": (*GOOD[:3], 2**63, 0),
    "of page 1.5": (*GOOD[:3], 1.5, 0),
    "of page true": (*GOOD[:3], True, 0),
    "of a page of text": (*GOOD[:3], "2", 0),
    "in a third direction": (*GOOD[:4], 2),
    "in a direction of text": (*GOOD[:4], "0"),
    "in a list of directions": (*GOOD[:4], [0]),
    "too short": GOOD[:4],
    "too long": (*GOOD, 0),
    "empty": (),
}


def test_a_cursor_of_ours_is_taken(staff: Client, fill: Callable[[int], list[str]]) -> None:
    fill(1)
    assert _page(staff, cursor=_cursor(*GOOD))["pagination"]["page"] == 2


@pytest.mark.parametrize("fields", TAMPERED.values(), ids=TAMPERED)
def test_a_cursor_that_was_tampered_with_is_refused(staff: Client, fields: tuple[object, ...]) -> None:
    assert_problem(staff.get(LIST, {"cursor": _cursor(*fields)}), 400, "validation-error", "cursor")


@pytest.mark.parametrize(
    "text",
    ["", "x", "=", "cD14", "%00", "é", "\0", "bnVsbA", "e30", "W10", "NaN", "-" * 5_000, _cursor(*GOOD)[:-3]]
    + [base64.b64encode(raw).decode() for raw in (b"[" * 5_000, b"9" * 5_000, b"\xff\xfe", b'["\\ud800",1,1,1,1]')],
)
def test_what_is_no_cursor_is_refused(staff: Client, text: str) -> None:
    assert_problem(staff.get(LIST, {"cursor": text}), 400, "validation-error", "cursor")


_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=45), st.lists(st.integers(), max_size=2)
)
_FIELDS = st.tuples(
    st.just(GOOD[0]) | _ANYTHING,
    st.just(GOOD[1]) | st.datetimes().map(lambda moment: f"{moment}+00:00") | _ANYTHING,
    st.uuids().map(str) | _ANYTHING,
    st.integers() | _ANYTHING,
    st.integers(0, 1) | _ANYTHING,
)


@fuzzed
@given(text=st.one_of(st.text(), _FIELDS.map(lambda fields: _cursor(*fields))))
def test_no_cursor_breaks_the_list(staff: Client, text: str) -> None:
    response = staff.get(LIST, {"cursor": text})
    if response.status_code != 200:
        assert_problem(response, 400, "validation-error", "cursor")
