from decimal import Decimal

import pytest

from database import bulk_insert
from events.models import Action, AuditEvent, EntityType
from kernel import clock, ids
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import ForeignTenantWrite, tenant_scope

AT = clock.now()


def _pet_columns(tenant: Tenant) -> dict[str, object]:
    values = {"tenant_id": tenant.id, "species": "DOG", "name": "Rex", "age_months": 3, "price": Decimal("12.50")}
    return {"id": ids.new_id(), **values, "created_at": clock.now(), "good_with_kids": None}


def _insert_pets(*pets: Pet) -> None:
    names = [field.attname for field in Pet._meta.concrete_fields]
    bulk_insert(Pet, names, [tuple(getattr(pet, name) for name in names) for pet in pets])


@pytest.mark.parametrize("number", [1, 700])
def test_pets_are_stored_as_save_stores_them(in_acme: Tenant, number: int) -> None:
    single, *bulk = (Pet(**_pet_columns(in_acme) | {"created_at": AT, "updated_at": AT}) for _ in range(number + 1))
    single.save(force_insert=True)
    _insert_pets(*bulk)
    expected, *found = Pet.objects.order_by("id").values()
    assert [pet | {"id": None} for pet in found] == [expected | {"id": None}] * number


def test_rows_are_stored_as_save_stores_them(in_acme: Tenant) -> None:
    at, details = clock.now(), {"changes": {"name": [None, 'Ünï"cødé']}}
    values = {"tenant_id": in_acme.id, "action": Action.TENANT_UPDATED, "entity_type": EntityType.TENANTS}
    values |= {"details": details, "created_at": at, "request_id": "", "entity_id": in_acme.id}
    bulk, single = ids.new_id(), ids.new_id()
    bulk_insert(AuditEvent, ["id", *values], [(bulk, *values.values())])
    AuditEvent(id=single, **values).save(force_insert=True)
    first, second = (AuditEvent.objects.filter(pk=key).values().get() for key in (bulk, single))
    assert first | {"id": None} == second | {"id": None}


def test_a_neighbours_rows_are_refused(in_acme: Tenant, globex: Tenant) -> None:
    with pytest.raises(ForeignTenantWrite):
        _insert_pets(Pet(**_pet_columns(in_acme)), Pet(**_pet_columns(globex)))
    assert not Pet.objects.exists()
    with tenant_scope(globex.id):
        assert not Pet.objects.exists()


def test_a_row_of_no_tenant_is_refused(in_acme: Tenant) -> None:
    with pytest.raises(ForeignTenantWrite):
        bulk_insert(Order, ("id", "tenant_id"), [(ids.new_id(), None)])


def test_nothing_is_no_work(in_acme: Tenant) -> None:
    _insert_pets()
    assert not Pet.objects.exists()
