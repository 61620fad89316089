"""Every read and write about one row runs in the scope of the row's own tenant, which the base class opens."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin

from accounts.models import User
from orders.models import Order
from orders.states import Status
from petstore.interfaces.backoffice.apps import PAGES
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin
from petstore.interfaces.backoffice.orders import OrderAdmin
from petstore.interfaces.backoffice.pets import PetAdmin
from tenants.models import Tenant
from tenants.scoping import NoTenantScope, Scope, current_scope
from tests.backoffice.screens import Screen, reload_row
from tests.factories import PetFactory


def record_scopes(monkeypatch: pytest.MonkeyPatch, admin_class: type[BackOfficeAdmin], hook: str) -> list[Scope]:
    """Note the scope of each call of a hook."""
    scopes: list[Scope] = []
    original = getattr(admin_class, hook)

    def call_hook(*args: Any, **kwargs: Any) -> Any:
        scopes.append(current_scope())
        return original(*args, **kwargs)

    monkeypatch.setattr(admin_class, hook, call_hook)
    return scopes


def test_a_command_runs_in_the_tenant_of_each_row(
    monkeypatch: pytest.MonkeyPatch, roots: Screen, order: Order, foreign_order: Order
) -> None:
    scopes = record_scopes(monkeypatch, OrderAdmin, "perform_row_command")
    roots.tick([order, foreign_order], "approve", confirmed="yes", reason="Paid in the shop")
    assert {scope.tenant_id for scope in scopes} == {order.tenant_id, foreign_order.tenant_id}
    assert [reload_row(row).status for row in (order, foreign_order)] == [Status.APPROVED] * 2


def test_a_page_and_a_form_run_in_the_tenant_of_their_row(
    monkeypatch: pytest.MonkeyPatch, roots: Screen, foreign_order: Order, globex: Tenant
) -> None:
    reads = record_scopes(monkeypatch, OrderAdmin, "build_page_context")
    roots.open("orders_order_change", foreign_order.pk)
    deletions = record_scopes(monkeypatch, PetAdmin, "delete_row")
    roots.fill("pets_pet_delete", PetFactory.create(tenant=globex).pk, post="yes")
    assert [scope.tenant_id for scope in (*reads, *deletions)] == [globex.pk] * 2


def test_people_of_another_tenant_are_named_on_an_orders_page(roots: Screen, root: User, foreign_order: Order) -> None:
    assert root.tenant_id != foreign_order.tenant_id
    roots.press(foreign_order, "cancel", reason="The customer moved away")
    context = roots.open("orders_order_change", foreign_order.pk).context
    assert context["history"][-1][1] == root.username
    assert root.username in [name for _, name in context["journal"]]


def test_without_the_scope_of_the_row_a_use_case_refuses(
    monkeypatch: pytest.MonkeyPatch, roots: Screen, foreign_order: Order
) -> None:
    monkeypatch.setattr(BackOfficeAdmin, "open_row_scope", lambda *_args: nullcontext())
    with pytest.raises(NoTenantScope):
        roots.press(foreign_order, "cancel", reason="The customer moved away")
    assert reload_row(foreign_order).status == Status.PLACED


def test_no_model_opens_the_scope_of_a_row_itself() -> None:
    """The base class's methods are the only way to a use case, so no subclass overrides them."""
    opened = ("save_model", "save_formset", "delete_model", "open_row_scope")
    registered = [admin.site.get_model_admin(model) for model in apps.get_models() if admin.site.is_registered(model)]
    pages = [page for page in registered if isinstance(page, BackOfficeAdmin)]
    assert len(pages) == len(PAGES)
    for page in pages:
        assert [name for name in opened if getattr(type(page), name) is not getattr(BackOfficeAdmin, name)] == []
