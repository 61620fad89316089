"""The first wall: no query without a scope, no row of another tenant in it, no write across it."""

from threading import Thread

import pytest
from django.db.models import Exists, OuterRef

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import (
    SHARED_POOL_ID,
    ForeignTenantWrite,
    NoTenantScope,
    TenantOwned,
    all_tenants,
    current_tenant_id,
    member_scope,
    public_tenant_id,
    tenant_scope,
)
from tests.factories import CustomerFactory, OrderFactory, PetFactory
from tests.tenants.catalogue import MODELS

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@every_model
def test_no_manager_answers_without_a_scope(model: type[TenantOwned]) -> None:
    for manager in (model.objects, model._default_manager, model._base_manager):
        with pytest.raises(NoTenantScope):
            manager.all()
        with pytest.raises(NoTenantScope):
            manager.exists()


def test_a_row_is_not_refreshed_from_another_scope(rex: Pet, globex: Tenant) -> None:
    with tenant_scope(globex.id), pytest.raises(Pet.DoesNotExist):
        rex.refresh_from_db()


def test_related_rows_stay_inside_the_scope(alice: User, globex: Tenant, acme: Tenant) -> None:
    OrderFactory.create(tenant=acme, customer=alice)
    with tenant_scope(acme.id):
        assert alice.orders.count() == 1
    with tenant_scope(globex.id):
        assert alice.orders.count() == 0


def test_subqueries_stay_inside_the_scope(rex: Pet, mia: Pet, acme: Tenant) -> None:
    OrderFactory.create(pet=mia)
    with tenant_scope(acme.id):
        sold = Exists(Order.objects.filter(pet=OuterRef("pk")))
    with all_tenants(reason="test"):
        assert not Pet.objects.filter(sold).exists()


def test_an_update_or_delete_reaches_the_scope_only(rex: Pet, mia: Pet, acme: Tenant) -> None:
    with tenant_scope(acme.id):
        assert Pet.objects.update(color="Black") == 1
        assert Pet.objects.filter(pk=mia.pk).delete() == (0, {})
    with tenant_scope(mia.tenant_id):
        assert Pet.objects.get().color == ""


def test_a_scope_ends_and_the_one_around_it_comes_back(acme: Tenant, globex: Tenant) -> None:
    with tenant_scope(acme.id):
        with tenant_scope(globex.id):
            assert current_tenant_id() == globex.id
        assert current_tenant_id() == acme.id
    with pytest.raises(NoTenantScope):
        current_tenant_id()


def test_a_scope_of_several_tenants_has_no_one_tenant(acme: Tenant, globex: Tenant) -> None:
    with member_scope([acme.id, globex.id]), pytest.raises(NoTenantScope):
        current_tenant_id()
    with all_tenants(reason="test"), pytest.raises(NoTenantScope):
        current_tenant_id()


def test_a_thread_starts_without_a_scope(acme: Tenant) -> None:
    seen: list[type[Exception]] = []

    def look_around() -> None:
        try:
            current_tenant_id()
        except NoTenantScope as error:
            seen.append(type(error))

    with tenant_scope(acme.id):
        thread = Thread(target=look_around)
        thread.start()
        thread.join()
    assert seen == [NoTenantScope]


def test_a_row_of_another_tenant_is_not_saved(rex: Pet, globex: Tenant) -> None:
    rex.color = "Black"
    with tenant_scope(globex.id), pytest.raises(ForeignTenantWrite):
        rex.save()
    with tenant_scope(rex.tenant_id):
        assert Pet.objects.get().color == ""


def test_rows_of_another_tenant_are_not_created_in_bulk(rex: Pet, globex: Tenant) -> None:
    copies = [Pet(tenant_id=rex.tenant_id, species="DOG", name=name, age_months=1, price=1) for name in "AB"]
    with tenant_scope(globex.id), pytest.raises(ForeignTenantWrite):
        Pet.objects.bulk_create(copies)
    with all_tenants(reason="test"):
        assert list(Pet.objects.all()) == [rex]


def test_a_new_row_belongs_to_the_tenant_of_its_scope(acme: Tenant) -> None:
    assert CustomerFactory.create(tenant=acme).tenant_id == acme.id
    assert PetFactory.create().tenant_id == SHARED_POOL_ID


def test_nothing_new_is_saved_without_knowing_its_tenant(acme: Tenant, globex: Tenant) -> None:
    with member_scope([acme.id, globex.id]), pytest.raises(NoTenantScope):
        Pet(species="DOG", name="Rex", age_months=1, price=1).save()


def test_the_shared_pool_is_shown_as_no_tenant(acme: Tenant) -> None:
    assert public_tenant_id(SHARED_POOL_ID) is None
    assert public_tenant_id(acme.id) == acme.id


def test_the_door_through_the_wall_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "tenants.scoping"), all_tenants(reason="count the pets of all shops"):
        pass
    assert "count the pets of all shops" in caplog.text
