"""A primary becomes a standby (G23): nobody stays with it; 20 times under load in `tests/stress/switch_over.py`."""

from typing import Any
from uuid import UUID

import pytest
from django.db import close_old_connections, connection
from django.test import Client as Browser

from database.postgresql.timelines import newest_place
from orders.models import Order
from petstore.interfaces.monitoring.standbys import NO_STANDBY
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import PetFactory, TenantFactory
from tests.rest.problems import assert_problem
from tests.server.server import wait_until
from tests.stress.clusters import binaries, database_at
from tests.stress.pairs import Pair, pair
from tests.tools import skip_for_missing

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]


def _order(shop: Tenant) -> Any:
    pet = PetFactory.create(tenant=shop)
    return lambda: Client().at(shop).post("/v1/orders", {"petId": str(pet.id)})


def test_after_a_switch_over_the_new_primary_is_found_and_the_old_one_is_left(client: Browser) -> None:
    programs = binaries()
    if programs is None:
        skip_for_missing("PostgreSQL's server programs", cure="apt-get install postgresql")
    with pair(programs, is_synchronous=True) as own:
        ports = ",".join(map(str, own.ports))
        with database_at("127.0.0.1,127.0.0.1", ports, target_session_attrs="read-write"):
            shop = TenantFactory.create(access=Tenant.Access.OPEN)
            before, again, third = _order(shop), _order(shop), _order(shop)
            acknowledged = [before()]
            own.switch_over()
            _assert_asks_to_come_again(again())
            close_old_connections()  # as at the end of each request
            acknowledged.append(again())
            with tenant_scope(shop.id):
                assert set(Order.objects.values_list("pk", flat=True)) == {UUID(a.json()["id"]) for a in acknowledged}
        with database_at("127.0.0.1", str(own.standby.port)):
            assert Client().at(shop).get("/v1/pets").status_code == 200
            _assert_asks_to_come_again(third())
            assert client.get("/readyz").json()["checks"][0]["ok"] is False
            close_old_connections()
            assert connection.connection is None
        _tells_of_the_standby(own, client)
        _refuses_the_old_one_of_two_primaries(own)


def _tells_of_the_standby(own: Pair, client: Browser) -> None:
    with database_at("127.0.0.1", str(own.primary.port)):
        assert client.get("/readyz").json()["checks"][0] == {"name": "database", "ok": True, "detail": ""}
        assert 'petstore_standby_lag_bytes{standby="walreceiver"}' in client.get("/metrics").content.decode()
        own.standby.stop()
        wait_until(lambda: client.get("/readyz").json()["checks"][0]["detail"] == NO_STANDBY)
        assert "petstore_standby_lag_bytes{" not in client.get("/metrics").content.decode()
        own.standby.start()


def _refuses_the_old_one_of_two_primaries(own: Pair) -> None:
    """A standby is promoted while its primary goes on: both take writes. Control: who saw no promotion stays."""
    old, new = own.primary.port, own.standby.port
    both = database_at("127.0.0.1,127.0.0.1", f"{old},{new}", target_session_attrs="read-write")
    own.standby.promote()
    newest_place.forget_place()
    with both:
        assert _port_of_now() == old
        with database_at("127.0.0.1", str(new)):
            assert _port_of_now() == new
        assert _port_of_now() == new
    newest_place.forget_place()


def _port_of_now() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.port)


def _assert_asks_to_come_again(answer: Any) -> None:
    assert_problem(answer, 503, "internal-server-error")
    assert answer["Retry-After"] == "1"
