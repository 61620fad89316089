from decimal import Decimal

import pytest

from events.models import Action, EntityType, Event
from kernel import clock, ids
from orders.models import Order
from pets.models import Pet
from tenants.bulk import insert_instances, insert_rows
from tenants.models import Tenant
from tenants.scoping import ForeignTenantWrite, tenant_scope


def _pet(tenant: Tenant, name: str) -> Pet:
    return Pet(tenant_id=tenant.id, species="DOG", name=name, age_months=3, price=Decimal("12.50"), good_with_kids=None)


def test_instances_are_stored_as_save_stores_them(in_acme: Tenant) -> None:
    bulk, single = _pet(in_acme, "Rex"), _pet(in_acme, "Rex")
    single.created_at, single.updated_at = bulk.created_at, bulk.updated_at
    insert_instances([bulk])
    single.save(force_insert=True)
    first, second = (Pet.objects.filter(pk=pet.pk).values().get() for pet in (bulk, single))
    assert first | {"id": None} == second | {"id": None}


def test_rows_are_stored_as_save_stores_them(in_acme: Tenant) -> None:
    at, details = clock.now(), {"changes": {"name": [None, 'Ünï"cødé']}}
    values = {"tenant_id": in_acme.id, "action": Action.TENANT_UPDATED, "entity_type": EntityType.TENANTS}
    values |= {"details": details, "created_at": at, "request_id": "", "entity_id": in_acme.id}
    bulk, single = ids.new_id(), ids.new_id()
    insert_rows(Event, ["id", *values], [(bulk, *values.values())])
    Event(id=single, **values).save(force_insert=True)
    first, second = (Event.objects.filter(pk=key).values().get() for key in (bulk, single))
    assert first | {"id": None} == second | {"id": None}


def test_a_neighbours_rows_are_refused(in_acme: Tenant, globex: Tenant) -> None:
    with pytest.raises(ForeignTenantWrite):
        insert_instances([_pet(in_acme, "Rex"), _pet(globex, "Mia")])
    assert not Pet.objects.exists()
    with tenant_scope(globex.id):
        assert not Pet.objects.exists()


def test_a_row_of_no_tenant_is_refused(in_acme: Tenant) -> None:
    with pytest.raises(ForeignTenantWrite):
        insert_rows(Order, ("id", "tenant_id"), [(ids.new_id(), None)])


def test_nothing_is_no_work(in_acme: Tenant) -> None:
    insert_instances([])
    assert not Pet.objects.exists()
