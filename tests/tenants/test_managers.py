"""The first wall, tried on every manager of every tenant-owned table."""

import pytest

from tenants.models import Tenant
from tenants.scoping import TenantOwned, all_tenants, member_scope, tenant_scope
from tests.tenants.catalogue import MODELS
from tests.tenants.conftest import Shops

pytestmark = pytest.mark.django_db
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@every_model
def test_every_manager_shows_the_rows_of_its_scope_only(model: type[TenantOwned], two_shops: Shops) -> None:
    acme, globex = two_shops.acme, two_shops.globex
    with all_tenants(reason="test"):
        assert {acme.id, globex.id} <= set(model.objects.values_list("tenant_id", flat=True))
    with tenant_scope(acme.id):
        assert set(model.objects.values_list("tenant_id", flat=True)) == {acme.id}
        assert set(model._base_manager.values_list("tenant_id", flat=True)) == {acme.id}


@every_model
def test_every_manager_shows_a_member_their_tenants_only(
    model: type[TenantOwned], two_shops: Shops, pool: Tenant
) -> None:
    acme, globex = two_shops.acme, two_shops.globex
    with member_scope([acme.id, pool.id]):
        assert globex.id not in set(model.objects.values_list("tenant_id", flat=True))
        assert model.objects.filter(tenant=acme).exists()
    with member_scope([]):
        assert not model.objects.exists()
