"""Whichever manager forgets its filter: PostgreSQL shows nobody a foreign row, on SQLite the wall's tests notice."""

from contextlib import nullcontext

import pytest
from django.db import connection
from django.db.models import QuerySet

from tenants.scoping import TenantOwned
from tests.tenants import test_managers
from tests.tenants.catalogue import MODELS
from tests.tenants.conftest import Shops


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("manager", ["objects", "_base_manager"])
def test_a_manager_without_its_filter_is_harmless_or_noticed(
    model: type[TenantOwned], manager: str, two_shops: Shops, monkeypatch: pytest.MonkeyPatch
) -> None:
    def list_everything() -> QuerySet[TenantOwned]:
        return QuerySet(model)

    monkeypatch.setattr(getattr(model, manager), "get_queryset", list_everything)
    with nullcontext() if connection.vendor == "postgresql" else pytest.raises(AssertionError):
        test_managers.test_every_manager_shows_the_rows_of_its_scope_only(model, two_shops)
