"""The Access that use cases declare, and that every action of the API has one."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver

from kernel.access import Access, TokenScope, access_of, requires_access
from kernel.actor import Role
from petstore.interfaces.rest import urls
from petstore.interfaces.rest.viewsets import ApiViewSet


def actions() -> Iterator[tuple[type[ApiViewSet], str]]:
    """Yield the viewset and the action of each route of the API."""
    for pattern in get_resolver(urls.__name__).url_patterns:
        view: Any = pattern.callback
        if hasattr(view, "actions"):
            yield from ((view.cls, action) for action in view.actions.values())


def test_a_use_case_declares_its_access_and_stays_the_function_that_it_is() -> None:
    @requires_access(TokenScope.WRITE_PETS, least_role=Role.STAFF)
    def rename_pet(name: str) -> str:
        return name

    assert access_of(rename_pet) == Access(TokenScope.WRITE_PETS, least_role=Role.STAFF)
    assert rename_pet("Rex") == "Rex"


def test_a_function_without_access_cannot_be_offered() -> None:
    def forgotten() -> None: ...

    with pytest.raises(TypeError, match="forgotten"):
        access_of(forgotten)


@pytest.mark.parametrize(
    ("viewset", "action"), [pytest.param(*found, id=f"{found[0].__name__}.{found[1]}") for found in actions()]
)
def test_every_action_names_a_use_case_with_an_access(viewset: type[ApiViewSet], action: str) -> None:
    assert isinstance(access_of(viewset.use_cases[action]), Access)


def test_only_the_log_in_is_an_entrance() -> None:
    entrances = {action for viewset, action in actions() if access_of(viewset.use_cases[action]).is_entrance}
    assert entrances == {"log_in", "refresh_tokens", "revoke_token"}
