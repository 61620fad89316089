"""The fast way to a page of a list, `petstore.interfaces.representation.compiled_lists`, answers as the ORM's does."""

import time
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from accounts.models import User
from accounts.queries import list_open_users
from events.queries import scoped_audit_events
from orders.models import Order
from payments.gateways.sandbox import DECLINED_CARD
from payments.queries import list_order_payments
from pets.models import Pet
from pets.queries import list_pets_with_photos
from petstore.interfaces.representation import totals
from petstore.interfaces.representation.compiled_lists import MAX_FILTERS, CompiledList
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.representation.payments import PaymentOutput
from petstore.interfaces.representation.pet_pages import read_pet_page
from petstore.interfaces.representation.pets import PetOutput
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.representation.totals import Total
from petstore.interfaces.rest.renderers import JSONRenderer
from petstore.interfaces.rest.resources.admin.audit_logs import AuditLogOutput
from petstore.interfaces.rest.resources.admin.users import AdminUserOutput
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory, PetFactory, acting
from tests.payments.paying import pay

SITE = "http://testserver"
MOST_PAGES = 8

PETS = (
    *("", "status=ALL", "status=adopted", "species=dog", "species=CAT", "species=dog&status=all", "species=&size="),
    *(
        "goodWithKids=true",
        "goodWithKids=false",
        "size=SMALL&goodWithKids=true",
        "species=DOG&species=CAT",
        "colour=red",
    ),
    *("sort=createdAt", "sort=-createdAt", "sort=price", "sort=-ageMonths", "species=DOG&sort=-price"),
    *("ageMin=7", "priceMax=100", "search=re", "species=DOG&size=SMALL&status=ALL"),
    *("page=2", "page=9", "limit=100", "limit=1&status=ALL"),
)
REFUSED = ("species=FISH", "species=DOG&status=SOLD", "limit=0", "page=0", "cursor=x", "cursor=x&page=1", "sort=name")


@pytest.fixture
def shop(sam: User, alice: User) -> list[Order]:
    """Acme with six pets, of which alice has ordered two, one of them after a payment that was declined."""
    for number, species in enumerate((Pet.Species.DOG, Pet.Species.CAT, Pet.Species.DOG, Pet.Species.DOG)):
        PetFactory.create(
            tenant=sam.tenant,
            species=species,
            size=(Pet.Size.SMALL, Pet.Size.LARGE, "")[number % 3],
            good_with_kids=(True, False, None)[number % 3],
            age_months=7 + number % 2,
            price=Decimal(100 + number % 2),
            photos=("https://example.com/a.jpg", "https://example.com/b.jpg")[: number % 3],
        )
    sold = [OrderFactory.create(tenant=sam.tenant, customer=alice) for _ in range(2)]
    pay(sold[0], DECLINED_CARD)
    pay(sold[0])
    return sold


def pages(client: Client, path: str, query: str) -> list[tuple[int, bytes]]:
    """The answers of a list from page to page, and of the page before the last one."""
    address = f"/v1/{path}?{query}" if "limit=" in query or "page=9" in query else f"/v1/{path}?{query}&limit=2"
    found: list[tuple[int, bytes]] = []
    previous = None
    while address and len(found) < MOST_PAGES:
        response = client.get(address)
        found.append((response.status_code, response.content))
        head = client.head(address)
        assert (head.status_code, head.content, head["Content-Length"]) == (found[-1][0], b"", str(len(found[-1][1])))
        links = response.json().get("links", {})
        address, previous = (links.get("next") or "").removeprefix(SITE), links.get("prev")
    if previous:
        response = client.get(previous.removeprefix(SITE))
        found.append((response.status_code, response.content))
    return found


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answer with the ORM."""

    def pages_by_orm(client: Client, path: str, query: str) -> list[tuple[int, bytes]]:
        with monkeypatch.context() as patched:
            patched.setattr(CompiledList, "read_page", lambda *_values, **_limits: None)
            return pages(client, path, query)

    return pages_by_orm


@pytest.mark.usefixtures("shop")
def test_pets_are_the_same_however_they_are_filtered_sorted_and_paged(api: Client, sam: User, slowly: Any) -> None:
    staff = api.as_(sam)
    for query in (*PETS, *REFUSED):
        assert pages(staff, "pets", query) == slowly(staff, "pets", query), query


def test_orders_are_the_same_by_each_filter_of_staff(
    api: Client, sam: User, alice: User, shop: list[Order], slowly: Any
) -> None:
    staff, order = api.as_(sam), shop[0]
    day = f"{order.created_at:%Y-%m-%d}"
    for query in (
        *("status=PLACED", "status=approved", "status=CANCELLED", f"petId={order.pet_id}", f"userId={alice.id}"),
        *(f"userId={sam.id}&status=PLACED", f"createdFrom={day}T00:00:00Z", f"createdTo={day}T00:00:00Z"),
        *(f"createdFrom={day}T00:00:00Z&status=PLACED", "status=LOST", "petId=7", "createdFrom=yesterday"),
    ):
        assert pages(staff, "admin/orders", query) == slowly(staff, "admin/orders", query), query


def test_the_journal_is_the_same_by_each_filter(api: Client, sam: User, shop: list[Order], slowly: Any) -> None:
    staff, day = api.as_(sam), f"{shop[0].created_at:%Y-%m-%d}"
    for query in (
        *("", "limit=100", "action=PET_CREATED", "entityType=ORDERS", f"entityId={shop[0].id}", f"userId={sam.id}"),
        *(f"from={day}&to={day}", "from=2020-01-01&to=2020-01-02", "action=SOLD", "from=then", "entityId=7"),
    ):
        assert pages(staff, "admin/audit-logs", query) == slowly(staff, "admin/audit-logs", query), query


@pytest.mark.usefixtures("alice", "bob")
def test_accounts_are_the_same_by_each_filter(api: Client, sam: User, slowly: Any) -> None:
    CustomerFactory.create(tenant=sam.tenant)
    staff = api.as_(sam)
    for query in ("", "status=active", "status=SUSPENDED", "status=CLOSED", "search=al"):
        assert pages(staff, "admin/users", query) == slowly(staff, "admin/users", query), query


def test_the_payments_of_an_order_are_the_same(api: Client, alice: User, shop: list[Order], slowly: Any) -> None:
    for order in shop:
        for query in ("", "limit=1"):
            path = f"orders/{order.id}/payments"
            assert pages(api.as_(alice), path, query) == slowly(api.as_(alice), path, query), query


@pytest.mark.parametrize("query", ["", "species=DOG", "species=DOG&status=ALL", "goodWithKids=true", "sort=-price"])
def test_what_is_asked_for_most_goes_the_fast_way(in_acme: object, query: str) -> None:
    assert read_pet_page(QueryDict(query)) is not None


@pytest.mark.parametrize("query", ["search=rex", "ageMin=7", "page=2", "species=DOG&size=SMALL&status=ADOPTED"])
def test_what_is_rare_takes_no_statement_of_its_own(in_acme: object, query: str) -> None:
    assert read_pet_page(QueryDict(query)) is None


def test_a_statement_is_shared_by_all_values_of_its_filters(sam: User, mia: Pet, rex: Pet) -> None:
    found = []
    for tenant, species in ((sam.tenant, "DOG"), (sam.tenant, "CAT"), (mia.tenant, "CAT")):
        with tenant_scope(tenant.id):
            read = read_pet_page(QueryDict(f"species={species}"))
        found.append([pet.id for pet in read[0].rows] if read else None)
    assert found == [[rex.id], [], [mia.id]]


def test_the_number_of_filters_of_a_statement_is_bounded() -> None:
    assert MAX_FILTERS == 2


def test_a_long_list_is_counted_up_to_the_bound_and_estimated_beyond(
    api: Client, shop: list[Order], sam: User, monkeypatch: pytest.MonkeyPatch, slowly: Any
) -> None:
    monkeypatch.setattr(totals, "EXACT_UP_TO", 2)
    staff = api.as_(sam)
    for query in ("status=ALL", "species=DOG"):
        assert pages(staff, "pets", query) == slowly(staff, "pets", query), query


def test_only_an_estimate_far_beyond_the_bound_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    estimates = totals.RememberedEstimates()
    for key, total in enumerate((Total(7), Total(20_000, is_estimate=True), Total(20_001, is_estimate=True))):
        estimates.remember_estimate(key, total)
    assert [estimates.find_estimate(key) for key in range(3)] == [None, None, Total(20_001, is_estimate=True)]
    later = time.monotonic() + totals.REMEMBERED_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert estimates.find_estimate(2) is None


def test_each_row_is_shown_as_its_serializer_shows_the_model(api: Client, sam: User, shop: list[Order]) -> None:
    staff = api.as_(sam)
    with tenant_scope(sam.tenant_id):
        shown: list[tuple[str, type[OutputSerializer], Any]] = [
            ("pets?status=ALL", PetOutput, list_pets_with_photos()),
            ("pets?status=ALL&ageMin=0", PetOutput, list_pets_with_photos()),
            ("admin/orders?status=PLACED", OrderOutput, Order.objects.newest_first().unpaid()),
            ("admin/audit-logs", AuditLogOutput, scoped_audit_events()),
            ("admin/users", AdminUserOutput, list_open_users()),
            (f"orders/{shop[0].id}/payments", PaymentOutput, list_order_payments(shop[0].id, actor=acting(sam))),
        ]
        expected = [JSONRenderer().render(output(rows, many=True).data) for _, output, rows in shown]
    for (path, *_), rendered in zip(shown, expected, strict=True):
        mark = "&" if "?" in path else "?"
        answer = staff.get(f"/v1/{path}{mark}limit=100").content
        assert answer.startswith(b'{"data":' + rendered + b',"pagination"'), path
