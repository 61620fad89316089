import json
import re
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management.base import CommandError
from django.db.models import Count
from django.utils import timezone

from accounts.groups import PERMISSIONS, StaffGroup
from accounts.models import User
from accounts.queries import get_back_office_user, permissions_of_user
from accounts.services.registration import create_admin_account
from applications.models import Application
from chat.models import Room, RoomMessage
from chat.services.customer_rooms import MAX_OPEN_ROOMS
from events.models import AuditEvent, PendingEvent
from kernel import ids
from kernel.access import TokenScope
from kernel.actor import Permission
from orders.models import Order
from orders.states import Status
from payments.models import Payment
from pets.models import Pet, PetPhoto
from petstore.demo.seeds import past_orders
from tenants.scoping import SHARED_POOL_ID, all_tenants, tenant_scope
from tests.chat.rooms.conftest import send_as
from tests.commands.conftest import Run
from webhooks.delivery.claims import list_waiting_endpoints
from webhooks.models import Attempt, Delivery, Endpoint

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough word"  # noqa: S105  # of people who exist in tests only


@pytest.fixture(autouse=True)
def small_portraits(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take most of the time; tests/demo looks at them."""
    monkeypatch.setattr(past_orders, "PORTRAIT_PIXELS", 24)


def _seed(run: Run, *words: str) -> dict[str, Any]:
    store: dict[str, Any] = json.loads(run("seed_demo", "--password", PASSWORD, "--orders", "48", "--json", *words))
    return store


def _counts() -> tuple[int, ...]:
    with all_tenants(reason="test"):
        return tuple(
            model.objects.count()
            for model in (
                User,
                Pet,
                PetPhoto,
                Order,
                Payment,
                AuditEvent,
                Endpoint,
                Delivery,
                Attempt,
                Application,
                Room,
                RoomMessage,
            )
        )


def test_the_json_has_the_shape_of_the_contract(run: Run) -> None:
    store = _seed(run)
    assert set(store) == {"admin", "staff", "customers", "tenants", "pets", "orders", "applications"}
    assert store["admin"] == {"username": "admin", "password": PASSWORD}
    tenants = [(one["slug"], one["access"]) for one in store["tenants"]]
    assert tenants == [("acme", "OPEN"), ("globex", "MEMBERS"), ("initech", "MEMBERS")]
    ids = [one["id"] for one in store["tenants"]]
    assert [one["tenantId"] for one in store["staff"]] == ids
    assert all(permissions_of_user(get_back_office_user(one["username"])) == set(Permission) for one in store["staff"])
    assert [one["tenantId"] for one in store["customers"]] == [*sorted(ids * 2, key=ids.index), None, None]
    assert all(set(one) == {"id", "username", "password", "tenantId"} for one in store["customers"])
    assert store["orders"] == 48


def test_each_tenant_and_the_pool_have_an_application_that_anybody_can_try(run: Run) -> None:
    store = _seed(run)
    assert [one["tenantId"] for one in store["applications"]] == [*(one["id"] for one in store["tenants"]), None]
    demo = store["applications"][0]
    assert demo == {
        "clientId": "demo-application-acme",
        "clientSecret": None,
        "name": "Demo",
        "type": "PUBLIC",
        "tenantId": store["tenants"][0]["id"],
        "redirectUris": demo["redirectUris"],
        "scopes": [scope.value for scope in TokenScope],
        "device": True,
    }
    assert "http://127.0.0.1/callback" in demo["redirectUris"]
    for one in store["applications"]:
        assert len(one["clientId"]) >= 20
        assert one == demo | {"clientId": one["clientId"], "tenantId": one["tenantId"]}
    with all_tenants(reason="test"):
        registered = Application.objects.values_list("client_id", flat=True)
        assert set(registered) == {one["clientId"] for one in store["applications"]}


def test_the_text_tells_the_client_id_of_each_application(run: Run) -> None:
    text = run("seed_demo", "--orders", "48")
    assert re.search(r"^  app +demo-application-acme +acme$", text, re.MULTILINE)
    assert re.search(r"^  app +demo-application-shared-pool +shared pool$", text, re.MULTILINE)


def test_an_application_that_somebody_has_changed_stays_so_and_one_that_was_deleted_comes_again(run: Run) -> None:
    store = _seed(run)
    with all_tenants(reason="test"):
        Application.objects.filter(client_id="demo-application-acme").update(name="Mine", status="PAUSED")
        Application.objects.filter(client_id="demo-application-globex").delete()
    names = {one["clientId"]: one["name"] for one in _seed(run)["applications"]}
    assert names == {one["clientId"]: "Demo" for one in store["applications"]} | {"demo-application-acme": "Mine"}
    with all_tenants(reason="test"):
        assert Application.objects.get(client_id="demo-application-acme").status == "PAUSED"


def test_acme_has_staff_of_every_group_and_the_text_tells_of_each(run: Run) -> None:
    text = run("seed_demo", "--password", PASSWORD, "--orders", "48")
    told = re.findall(r"^  staff +(\S+) +(\S+) +(\S+)$", text, re.MULTILINE)
    acme = {group: username for username, slug, group in told if slug == "acme"}
    assert acme == {"Manager": "sam", "Clerk": "cleo", "Viewer": "vera"}
    assert [group for _, slug, group in told if slug != "acme"] == ["Manager", "Manager"]
    for group, username in acme.items():
        user = authenticate(username=username, password=PASSWORD)
        assert isinstance(user, User)
        assert permissions_of_user(user) == PERMISSIONS[StaffGroup(group)]


def test_who_was_moved_into_another_group_stays_in_it(run: Run) -> None:
    _seed(run)
    run("assign_group", "vera", "Clerk")
    assert re.search(r"vera +acme +Clerk", run("seed_demo", "--password", PASSWORD, "--orders", "48"))


def test_more_tenants_come_when_asked_for(run: Run) -> None:
    assert len({one["slug"] for one in _seed(run, "--tenants", "14")["tenants"]}) == 14


def test_a_second_run_adds_nothing_and_says_the_same(run: Run) -> None:
    first = _seed(run)
    before = _counts()
    assert _seed(run) == first
    assert _counts() == before


def test_a_second_run_adds_the_orders_that_are_missing(run: Run) -> None:
    _seed(run)
    assert json.loads(run("seed_demo", "--orders", "100", "--json"))["orders"] == 100


def test_another_password_is_the_one_that_counts_afterwards(run: Run) -> None:
    _seed(run)
    run("seed_demo", "--password", "another long word", "--orders", "48")
    with all_tenants(reason="test"):
        assert User.objects.get(username="alice").check_password("another long word")


def _change_password(username: str) -> None:
    with all_tenants(reason="test"):
        user = User.objects.get(username=username)
        user.set_password("one of their own")
        user.save(update_fields=["password"])


def test_a_second_run_keeps_the_password_that_somebody_has_set_and_says_that_it_does_not_know_it(run: Run) -> None:
    run("seed_demo", "--orders", "48")
    for username in ("alice", "sam", "admin"):
        _change_password(username)
    told = run("seed_demo", "--orders", "48")
    assert re.findall(r"(\w+) .*\(another password\)", told) == ["admin", "staff", "customer"]
    assert "manage.py reset_link USERNAME" in told
    store = json.loads(run("seed_demo", "--orders", "48", "--json"))
    people = [store["admin"], *store["staff"], *store["customers"]]
    assert {one["username"] for one in people if one["password"] is None} == {"alice", "sam", "admin"}
    with all_tenants(reason="test"):
        assert User.objects.get(username="alice").check_password("one of their own")
        assert User.objects.get(username="bob").check_password(store["customers"][1]["password"])


def test_a_password_that_is_given_leaves_the_names_as_people_have_them(run: Run) -> None:
    _seed(run)
    with all_tenants(reason="test"):
        User.objects.filter(username="alice").update(first_name="Alicia")
    run("seed_demo", "--password", "another long word", "--orders", "48")
    with all_tenants(reason="test"):
        alice = User.objects.get(username="alice")
    assert (alice.first_name, alice.check_password("another long word")) == ("Alicia", True)


def test_a_weak_password_is_refused_and_makes_nobody(run: Run) -> None:
    with pytest.raises(CommandError, match="too short"):
        run("seed_demo", "--password", "short")
    with all_tenants(reason="test"):
        assert not User.objects.exists()


def test_an_admin_who_is_not_of_the_demo_keeps_their_password(run: Run) -> None:
    admin = create_admin_account(username="admin", password=PASSWORD, email="somebody@example.net")
    with pytest.raises(CommandError, match="not of the demo"):
        run("seed_demo", "--password", "another long word")
    with tenant_scope(SHARED_POOL_ID):
        assert User.objects.get(pk=admin.pk).check_password(PASSWORD)


def test_every_shop_has_orders_in_every_state_of_the_last_90_days(run: Run) -> None:
    store = _seed(run)
    for tenant_id in (SHARED_POOL_ID, *(one["id"] for one in store["tenants"])):
        with tenant_scope(tenant_id):
            assert set(Order.objects.order_by().values_list("status", flat=True)) == set(Status)
            assert all(0 <= (timezone.now() - order.created_at).days <= 90 for order in Order.objects.all())


def test_people_have_accounts_that_are_older_than_every_order(run: Run) -> None:
    _seed(run)
    with all_tenants(reason="test"):
        first = Order.objects.earliest("created_at").created_at
        people = User.objects.exclude(username="admin")
        assert len(people) > 4
        for user in people:
            assert user.created_at < first
            assert ids.read_birth_seconds(user.id) == pytest.approx(user.created_at.timestamp(), abs=1)


def test_payments_went_through_failed_and_were_refunded(run: Run) -> None:
    _seed(run)
    with all_tenants(reason="test"):
        statuses = set(Payment.objects.order_by().values_list("status", flat=True))
    assert statuses == {"SUCCEEDED", "FAILED", "REFUNDED"}


def test_most_orders_that_were_approved_are_paid(run: Run) -> None:
    _seed(run)
    with all_tenants(reason="test"):
        approved = Order.objects.filter(status__in=("APPROVED", "SHIPPED", "DELIVERED"))
        paid = approved.filter(payments__status="SUCCEEDED").count()
        assert approved.count() / 2 < paid < approved.count()


def test_what_was_paid_with_is_masked(run: Run) -> None:
    _seed(run)
    with all_tenants(reason="test"):
        sources = list(Payment.objects.values_list("source", flat=True))
    numbers = [source.get("number") or source["accountNumber"] for source in sources]
    assert all(re.fullmatch(r"\*{12}\d{4}", number) for number in numbers)
    assert len({source.get("brand") for source in sources}) > 4


def test_every_tenant_has_told_others_of_its_orders_and_sends_nothing_more(run: Run) -> None:
    store = _seed(run)
    for tenant_id in (one["id"] for one in store["tenants"]):
        with tenant_scope(tenant_id):
            endpoints = Endpoint.objects.values_list("status", "pause_reason")
            assert list(endpoints) == [("PAUSED", reason) for reason in Endpoint.PauseReason]
            assert set(Delivery.objects.values_list("status", flat=True)) >= {"SUCCEEDED", "PENDING"}
    with all_tenants(reason="test"):
        assert set(Delivery.objects.values_list("status", flat=True)) == set(Delivery.Status)
        assert not list_waiting_endpoints(9, busy=(), include_failing=True)


def test_every_shop_has_rooms_that_wait_rooms_that_are_answered_and_closed_ones(run: Run) -> None:
    store = _seed(run)
    for tenant_id in (SHARED_POOL_ID, *(one["id"] for one in store["tenants"])):
        with tenant_scope(tenant_id):
            waiting = Room.objects.filter(waiting_since__isnull=False)
            assert waiting.filter(status="OPEN", agent_id=None).exists()
            assert Room.objects.filter(status="OPEN", agent_id__isnull=False, waiting_since=None).exists()
            assert Room.objects.filter(status="CLOSED", closed_at__lt=timezone.now()).count() >= 2
            assert not RoomMessage.objects.filter(text__contains="{").exists()
            for room in Room.objects.all():
                sent = list(room.messages.values_list("sent_at", flat=True))
                assert sent == sorted(sent)
                assert room.last_message_at == sent[-1] <= timezone.now()
            open_rooms = Room.objects.filter(status="OPEN").order_by().values_list("customer")
            assert all(number <= MAX_OPEN_ROOMS for _, number in open_rooms.annotate(number=Count("pk")))


def test_a_bigger_store_has_more_rooms(run: Run) -> None:
    run("seed_demo", "--orders", "400")
    with all_tenants(reason="test"):
        assert Room.objects.count() == 4 * 12
        assert Room.objects.filter(status="OPEN").count() == 4 * 3


def test_a_customer_of_the_demo_goes_on_in_their_room(run: Run) -> None:
    _seed(run)
    with all_tenants(reason="test"):
        room = Room.objects.filter(status="OPEN").exclude(agent_id=None).select_related("customer")[0]
    with tenant_scope(room.tenant_id):
        sent = send_as(room.customer, "One more thing", room_id=room.id).message
        assert sent.number == room.number + 1 == room.messages.order_by("-number")[1].number + 1


def test_the_shared_pool_tells_nobody(run: Run) -> None:
    _seed(run)
    with tenant_scope(SHARED_POOL_ID):
        assert not Endpoint.objects.exists()


@pytest.mark.usefixtures("revenue_at_once")
def test_what_is_seeded_agrees_with_the_journal_and_is_not_announced(run: Run) -> None:
    _seed(run)
    assert " checks agree." in run("verify_journal")
    with all_tenants(reason="test"):
        told = set(PendingEvent.objects.values_list("event__entity_type", flat=True))
    assert told == {"USERS", "TENANTS", "APPLICATIONS"}


def test_too_few_tenants_are_refused(run: Run) -> None:
    with pytest.raises(CommandError, match="3 or more"):
        run("seed_demo", "--tenants", "2")
