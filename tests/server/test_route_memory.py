"""Where a path leads is remembered by its form, and is what Django's resolver says."""

import pytest
from django.urls import get_resolver

from petstore.server.route_memory import RouteMemory

FIRST, SECOND = "0190b6a2-0000-7000-8000-00000000000a", "0190B6A2-0000-7000-8000-00000000000B"
REMEMBERED = ["/v1/orders", "/v1/orders/{}", "/v1/orders/{}/history", "/v1/webhooks/{}/deliveries/{}/redeliver", "/"]
NEVER = ["/v1/models/{}", "/track/{}/key", "/receipts/{}/key"]


@pytest.mark.parametrize("form", REMEMBERED)
def test_a_path_of_a_known_form_leads_where_the_resolver_says(form: str) -> None:
    first, second = form.format(FIRST, SECOND), form.format(SECOND, FIRST)
    memory, resolver = RouteMemory(), get_resolver()
    memory.remember_match(first, resolver.resolve(first))
    found, expected = memory.find_match(second), resolver.resolve(second)
    assert found is not None
    assert (found.func, found.args, found.kwargs, found.route) == (
        expected.func,
        expected.args,
        expected.kwargs,
        expected.route,
    )


@pytest.mark.parametrize("form", NEVER)
def test_a_path_with_other_values_is_never_remembered(form: str) -> None:
    path, memory = form.format(FIRST.lower()), RouteMemory()
    memory.remember_match(path, get_resolver().resolve(path))
    assert memory.find_match(path) is None


@pytest.mark.parametrize(
    "path", ["/v1/orders/*", "/v1/orders/x{}", "/v1/orders/{}0", "/v1/orders/{}/", "/v1/orders/{}{}"]
)
def test_a_path_that_leads_nowhere_is_not_taken_for_a_known_one(path: str) -> None:
    known, memory = f"/v1/orders/{FIRST}", RouteMemory()
    memory.remember_match(known, get_resolver().resolve(known))
    assert memory.find_match(path.format(FIRST, SECOND)) is None
