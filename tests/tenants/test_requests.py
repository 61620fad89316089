"""Which tenant a request means, and how a tenant that nobody opened comes to be (contract, Tenancy)."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID, uuid1, uuid4

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.services.tenants import change_tenant
from kernel import ids
from kernel.actor import SYSTEM
from pets.models import Pet
from pets.services.catalog import create_pet
from pets.services.details import PetDetails
from tenants.errors import BadTenantHeader, TenantSuspended, UnknownTenant
from tenants.models import Tenant
from tenants.queries import list_visible_tenants, parse_tenant_header, resolve_tenant
from tenants.scoping import SHARED_POOL_ID, NoTenantScope, all_tenants, member_scope, tenant_scope
from tests.concurrency import run_together


def suspended(tenant: Tenant) -> Tenant:
    return change_tenant(
        tenant_id=tenant.id, actor=SYSTEM, name=tenant.name, access=tenant.access, status=Tenant.Status.SUSPENDED
    )


@pytest.mark.parametrize("make", [uuid4, ids.new_id])
def test_a_uuid_of_version_4_or_7_names_a_tenant(make: Callable[[], UUID]) -> None:
    tenant_id = make()
    assert parse_tenant_header(str(tenant_id)) == tenant_id


@pytest.mark.parametrize("text", ["", " ", "acme", "null", str(uuid1()), str(SHARED_POOL_ID), f"{uuid4()},{uuid4()}"])
def test_any_other_header_is_refused(text: str) -> None:
    with pytest.raises(BadTenantHeader):
        parse_tenant_header(text)


@pytest.mark.django_db
def test_no_header_means_the_shared_pool() -> None:
    assert resolve_tenant(None).is_shared_pool


def test_a_header_means_the_tenant_that_it_names(acme: Tenant) -> None:
    assert resolve_tenant(str(acme.id).upper()) == acme


def test_a_suspended_tenant_answers_nobody(acme: Tenant) -> None:
    suspended(acme)
    with pytest.raises(TenantSuspended):
        resolve_tenant(str(acme.id))


@pytest.mark.django_db
def test_an_unknown_tenant_is_not_made_by_naming_it() -> None:
    tenant = resolve_tenant(str(uuid4()))
    assert not tenant.is_members_only
    assert not Tenant.objects.filter(pk=tenant.id).exists()


@pytest.mark.django_db
def test_an_unknown_tenant_is_refused_where_none_are_made_on_the_fly(settings: Settings) -> None:
    settings.TENANT_AUTO_PROVISION = False
    with pytest.raises(UnknownTenant):
        resolve_tenant(str(uuid4()))


def take_in_a_pet(tenant_id: UUID) -> Pet:
    """Send a request that names this new tenant."""
    details = PetDetails(species="DOG", name="Rex", age_months=18, price=Decimal(150))
    with tenant_scope(tenant_id, is_provisional=True):
        return create_pet(details=details, actor=SYSTEM)


@pytest.mark.django_db
def test_the_first_write_makes_an_open_tenant_and_the_next_one_finds_it() -> None:
    tenant_id = uuid4()
    assert {take_in_a_pet(tenant_id).tenant_id, take_in_a_pet(tenant_id).tenant_id} == {tenant_id}
    tenant = resolve_tenant(str(tenant_id))
    assert (tenant.access, tenant.status) == (Tenant.Access.OPEN, Tenant.Status.ACTIVE)


@pytest.mark.django_db(transaction=True)
def test_a_tenant_goes_with_the_transaction_that_made_it() -> None:
    tenant_id = uuid4()
    with transaction.atomic():
        take_in_a_pet(tenant_id)
        assert Tenant.objects.filter(pk=tenant_id).exists()
        transaction.set_rollback(True)
    assert not Tenant.objects.filter(pk=tenant_id).exists()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_first_writes_make_one_tenant() -> None:
    tenant_id = uuid4()
    outcome = run_together([lambda: take_in_a_pet(tenant_id)] * 6)
    assert outcome.errors == []
    with tenant_scope(tenant_id):
        assert Pet.objects.count() == 6


def test_whoever_sees_several_tenants_sees_those_and_no_other(acme: Tenant, globex: Tenant, pool: Tenant) -> None:
    with member_scope([globex.id, acme.id]):
        assert list(list_visible_tenants()) == [acme, globex]
    with all_tenants(reason="test"):
        assert list(list_visible_tenants()) == [acme, globex, pool]


def test_nobody_sees_tenants_without_a_scope(acme: Tenant) -> None:
    with pytest.raises(NoTenantScope):
        list_visible_tenants()
