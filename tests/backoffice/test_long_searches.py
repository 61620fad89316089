"""Nobody makes a search of thousands of words: it is refused before it reads anything."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.search import MAX_SEARCH, MAX_WORDS, SearchTooLong, split_search_words
from orders.models import Order
from tests.backoffice.screens import Screen, messages_on, rows_on
from tests.client import Client
from tests.rest.problems import assert_problem

LONG = {"words": "a " * (MAX_WORDS + 1), "thousands of words": "ab " * 5_000, "characters": "x" * (MAX_SEARCH + 1)}
LISTS = ("orders_order", "pets_pet", "accounts_user", "webhooks_endpoint", "webhooks_delivery", "payments_payment",
         "events_auditevent")  # fmt: skip
SENTENCE = "Search for at most 8 words and 100 characters."
each_long_search = pytest.mark.parametrize("term", LONG.values(), ids=LONG)


@each_long_search
@pytest.mark.parametrize("page", LISTS)
def test_a_list_is_shown_without_a_search_that_is_too_long(sams: Screen, order: Order, page: str, term: str) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = sams.open(f"{page}_changelist", q=term)
    assert (answer.status_code, messages_on(answer)) == (200, [SENTENCE])
    assert "q=" not in answer.request["QUERY_STRING"]
    assert max(len(query["sql"]) for query in asked.captured_queries) < 10_000


def test_the_refusal_keeps_the_other_filters(sams: Screen, order: Order) -> None:
    answer = sams.open("orders_order_changelist", q="x" * 101, status__exact="SHIPPED")
    assert (rows_on(answer), messages_on(answer)) == ([], [SENTENCE])


@each_long_search
def test_an_export_is_not_made_of_it(sams: Screen, order: Order, term: str) -> None:
    answer = sams.open("orders_order_export", q=term)
    assert (answer["Content-Type"].partition(";")[0], messages_on(answer)) == ("text/html", [SENTENCE])


@each_long_search
def test_a_picker_does_not_look_for_it(sams: Screen, term: str) -> None:
    place = {"app_label": "orders", "model_name": "order", "field_name": "pet"}
    assert sams.open("autocomplete", term=term, **place).status_code == 400


@pytest.mark.parametrize("path", ["pets", "admin/users"])
def test_the_api_refuses_it_by_the_same_bound(api: Client, sam: object, path: str) -> None:
    client = api.as_(sam)  # type: ignore[arg-type]  # acme's staff
    assert client.get(f"/v1/{path}?search={'x' * MAX_SEARCH}").status_code == 200
    assert_problem(client.get(f"/v1/{path}?search={'x' * (MAX_SEARCH + 1)}"), 400, "validation-error", "search")


def test_what_people_type_is_taken() -> None:
    assert split_search_words("  maria  lopez ") == ["maria", "lopez"]
    assert len(split_search_words(" ".join(["word"] * MAX_WORDS))) == MAX_WORDS


@each_long_search
def test_the_refusal_says_what_would_do(term: str) -> None:
    with pytest.raises(SearchTooLong, match="at most 8 words and 100 characters"):
        split_search_words(term)
