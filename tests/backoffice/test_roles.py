"""Each group of staff may write what its permissions say: by button, in bulk, by form, and by a forged POST."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.groups import StaffGroup
from accounts.models import User
from applications.models import Application
from chat.models import Room
from kernel import clock
from orders.models import Order
from payments.models import Payment
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import register
from tests.backoffice.screens import Page, Screen, reload_row, rows_on, screen_of, text_of
from tests.backoffice.test_pets import photos_of
from tests.backoffice.test_query_counts import count_page_queries
from tests.chat.rooms.talking import write_in_room
from tests.factories import PASSWORD, OrderFactory, PetFactory, StaffFactory
from tests.snapshots import snapshot
from webhooks.models import Delivery, Endpoint
from webhooks.signatures import derive_callback_secret

ORDERS, PETS, USERS, WEBHOOKS, APPLICATIONS, ROOMS = "orders", "pets", "users", "webhooks", "applications", "rooms"
MAY: dict[str, set[str]] = {
    "Viewer": set(),
    "Clerk": {ORDERS, ROOMS},
    "Manager": {ORDERS, PETS, USERS, WEBHOOKS, APPLICATIONS, ROOMS},
}
BELLA: dict[str, Any] = {"name": "Bella", "species": "CAT", "age_months": 7, "price": "89.50", "currency": "USD"}
SUBSCRIPTION: dict[str, Any] = {"url": "https://new.example/", "events": ["payment.failed"]}
PROGRAM: dict[str, Any] = {"name": "Walks", "redirect_uris": "https://walks.example/", "scopes": ["read:pets"]}
BECAUSE: dict[str, Any] = {"confirmed": "yes", "reason": "Because"}
PHOTOS = ("https://pictures.example/1.jpg", "https://pictures.example/2.jpg")


class Shop:
    """Acme with a row of everything that can be written to: `order` is paid, `waiting` is not, nobody wants `pet`."""

    def __init__(self, order: Order, payment: Payment, delivery: Delivery, endpoint: Endpoint, alice: User) -> None:
        self.tenant, self.alice, self.payment, self.endpoint = alice.tenant, alice, payment, endpoint
        self.order: Order = reload_row(order)
        self.waiting: Order = OrderFactory.create(tenant=self.tenant)
        self.pet: Pet = PetFactory.create(tenant=self.tenant, photos=PHOTOS)
        with tenant_scope(self.tenant.id):
            settled = {"status": "FAILED", "due_at": None, "settled_at": clock.now()}
            Delivery.objects.filter(pk=delivery.pk).update(**settled)
        self.delivery: Delivery = reload_row(delivery)
        self.application: Application = register(self.tenant).application
        self.room: Room = write_in_room(alice, "Is Luna still there?").room


@pytest.fixture
def shop(order: Order, payment: Payment, delivery: Delivery, endpoint: Endpoint, alice: User) -> Shop:
    return Shop(order, payment, delivery, endpoint, alice)


Write = Callable[[Screen, Shop], Page]


def command_write(page: str, row: str, command: str) -> Write:
    def give(screen: Screen, shop: Shop) -> Page:
        seen = getattr(shop, row)
        version = getattr(seen, "version", 1)
        return screen.fill(f"{page}_command", seen.pk, command, version=version, reason="Because")

    return give


def photo_write(place: int, command: str) -> Write:
    def give(screen: Screen, shop: Shop) -> Page:
        photo = photos_of(shop.pet)[place]
        return screen.fill("pets_pet_photo", shop.pet.pk, photo.pk, command, version=shop.pet.version)

    return give


def bulk_write(row: str, command: str) -> Write:
    return lambda screen, shop: screen.tick([getattr(shop, row)], command, **BECAUSE)


WRITES: dict[str, tuple[str, Write]] = {
    "place": (ORDERS, lambda screen, shop: screen.fill("orders_order_add", pet=shop.pet.pk, user=shop.alice.pk)),
    "place for nobody": (ORDERS, lambda screen, shop: screen.fill("orders_order_add", pet=shop.pet.pk, user="")),
    "approve": (ORDERS, command_write("orders_order", "waiting", "approve")),
    "cancel": (ORDERS, command_write("orders_order", "waiting", "cancel")),
    "ship": (ORDERS, command_write("orders_order", "order", "ship")),
    "approve many": (ORDERS, bulk_write("waiting", "approve")),
    "cancel many": (ORDERS, bulk_write("waiting", "cancel")),
    "refund": (ORDERS, command_write("payments_payment", "payment", "refund")),
    "add a pet": (
        PETS,
        lambda screen, shop: screen.fill("pets_pet_add", **BELLA, status="AVAILABLE", store=shop.tenant.pk),
    ),
    "change a pet": (
        PETS,
        lambda screen, shop: screen.fill(
            "pets_pet_change", shop.pet.pk, **BELLA, status="AVAILABLE", seen_version=shop.pet.version
        ),
    ),
    "delete a pet": (PETS, lambda screen, shop: screen.fill("pets_pet_delete", shop.pet.pk, post="yes")),
    "remove a photo": (PETS, photo_write(0, "remove")),
    "put a photo first": (PETS, photo_write(1, "first")),
    "withdraw a pet": (PETS, command_write("pets_pet", "pet", "not_available")),
    "withdraw many": (PETS, bulk_write("pet", "not_available")),
    "suspend": (USERS, command_write("accounts_user", "alice", "suspend")),
    "suspend many": (USERS, bulk_write("alice", "suspend")),
    "hand out a reset link": (USERS, command_write("accounts_user", "alice", "reset_link")),
    "subscribe": (
        WEBHOOKS,
        lambda screen, shop: screen.fill("webhooks_endpoint_add", **SUBSCRIPTION, store=shop.tenant.pk),
    ),
    "change an endpoint": (
        WEBHOOKS,
        lambda screen, shop: screen.fill(
            "webhooks_endpoint_change",
            shop.endpoint.pk,
            **SUBSCRIPTION,
            status="PAUSED",
            seen_version=shop.endpoint.version,
        ),
    ),
    "delete an endpoint": (
        WEBHOOKS,
        lambda screen, shop: screen.fill("webhooks_endpoint_delete", shop.endpoint.pk, post="yes"),
    ),
    "pause": (WEBHOOKS, command_write("webhooks_endpoint", "endpoint", "pause")),
    "pause many": (WEBHOOKS, bulk_write("endpoint", "pause")),
    "rotate a secret": (WEBHOOKS, command_write("webhooks_endpoint", "endpoint", "rotate")),
    "send a test": (WEBHOOKS, command_write("webhooks_endpoint", "endpoint", "test")),
    "register a program": (
        APPLICATIONS,
        lambda screen, shop: screen.fill(
            "applications_application_add", **PROGRAM, type="CONFIDENTIAL", store=shop.tenant.pk
        ),
    ),
    "change a program": (
        APPLICATIONS,
        lambda screen, shop: screen.fill(
            "applications_application_change",
            shop.application.pk,
            **PROGRAM,
            seen_version=shop.application.version,
        ),
    ),
    "pause a program": (APPLICATIONS, command_write("applications_application", "application", "pause")),
    "rotate a program's secret": (APPLICATIONS, command_write("applications_application", "application", "rotate")),
    "delete a program": (APPLICATIONS, command_write("applications_application", "application", "remove")),
    "answer": (
        ROOMS,
        lambda screen, shop: screen.fill(
            "chat_room_change", shop.room.pk, text="She is", client_id="c-1", _reply="yes"
        ),
    ),
    "take a room": (ROOMS, command_write("chat_room", "room", "assign")),
    "close a room": (ROOMS, command_write("chat_room", "room", "close")),
    "close many rooms": (ROOMS, bulk_write("room", "close")),
    "redeliver": (WEBHOOKS, command_write("webhooks_delivery", "delivery", "redeliver")),
    "redeliver many": (WEBHOOKS, bulk_write("delivery", "redeliver")),
}
FOR_ADMINS: dict[str, Write] = {
    "force cancel": command_write("orders_order", "order", "force_cancel"),
    "close": command_write("accounts_user", "alice", "close"),
    "make a clerk": command_write("accounts_user", "alice", "make_clerk"),
    "change a profile": lambda screen, shop: screen.fill(
        "accounts_user_change", shop.alice.pk, email="new@example.com", seen_version=shop.alice.version
    ),
    "employ": lambda screen, shop: screen.fill(
        "accounts_user_add",
        username="nora",
        password=PASSWORD,
        email="nora@example.com",
        group="Manager",
        store=shop.tenant.pk,
    ),
    "open a tenant": lambda screen, _shop: screen.fill("tenants_tenant_add", name="Hooli", slug="hooli", access="OPEN"),
    "rename a tenant": lambda screen, shop: screen.fill(
        "tenants_tenant_change", shop.tenant.pk, name="Mine", access="OPEN", status="ACTIVE"
    ),
}
ROWS = {
    "orders_order": "waiting",
    "pets_pet": "pet",
    "accounts_user": "alice",
    "tenants_tenant": "tenant",
    "payments_payment": "payment",
    "webhooks_endpoint": "endpoint",
    "webhooks_delivery": "delivery",
    "applications_application": "application",
    "chat_room": "room",
}


def member(acme: Tenant, group: str) -> Screen:
    """The screen of somebody in this group."""
    return screen_of(StaffFactory.create(tenant=acme, group=StaffGroup(group)))


def list_write_cases(*, allowed: bool) -> list[tuple[str, str]]:
    return [(group, name) for group in MAY for name, (about, _) in WRITES.items() if (about in MAY[group]) is allowed]


@pytest.mark.parametrize(("group", "write"), list_write_cases(allowed=False))
def test_a_forged_post_changes_nothing(acme: Tenant, shop: Shop, group: str, write: str) -> None:
    screen = member(acme, group)
    before = snapshot()
    page = WRITES[write][1](screen, shop)
    assert snapshot() == before
    assert "whsec_" not in text_of(page)
    assert "Client secret" not in text_of(page)
    assert "/password/" not in text_of(page)


@pytest.mark.parametrize(("group", "write"), list_write_cases(allowed=True))
def test_what_a_group_permits_is_done(acme: Tenant, shop: Shop, group: str, write: str) -> None:
    screen = member(acme, group)
    before = snapshot()
    assert WRITES[write][1](screen, shop).status_code == 200
    assert snapshot() != before


@pytest.mark.parametrize("write", FOR_ADMINS)
@pytest.mark.parametrize("group", MAY)
def test_no_group_does_what_admins_do(acme: Tenant, shop: Shop, group: str, write: str) -> None:
    screen = member(acme, group)
    before = snapshot()
    FOR_ADMINS[write](screen, shop)
    assert snapshot() == before


@pytest.mark.parametrize(("group", "is_shown"), [("Viewer", False), ("Clerk", False), ("Manager", True)])
def test_who_changes_webhooks_sees_what_signs_callbacks(acme: Tenant, shop: Shop, group: str, is_shown: bool) -> None:
    page = member(acme, group).fill("tenants_tenant_command", acme.pk, "callback_secret")
    assert (derive_callback_secret(acme.pk) in text_of(page)) is is_shown


@pytest.mark.parametrize("model", ROWS)
def test_a_viewer_sees_every_page_and_is_offered_nothing(acme: Tenant, shop: Shop, model: str) -> None:
    screen, row = member(acme, "Viewer"), getattr(shop, ROWS[model])
    pages = [screen.open(f"{model}_changelist"), screen.open(f"{model}_change", row.pk)]
    for page in pages:
        assert page.status_code == 200
        assert not [
            mark
            for mark in ("/command/", "/add/", "/delete/", 'name="_save"', 'name="action"')
            if mark in text_of(page)
        ]


@pytest.mark.parametrize(
    ("model", "mark"),
    [
        ("orders_order", "/command/approve/"),
        ("pets_pet", 'name="_save"'),
        ("accounts_user", "/command/suspend/"),
        ("tenants_tenant", "/command/callback_secret/"),
        ("payments_payment", "/command/refund/"),
        ("webhooks_endpoint", "/command/rotate/"),
        ("webhooks_delivery", "/command/redeliver/"),
        ("applications_application", "/command/rotate/"),
        ("chat_room", "/command/assign/"),
    ],
)
def test_a_manager_is_offered_what_a_viewer_is_not(acme: Tenant, shop: Shop, model: str, mark: str) -> None:
    row = getattr(shop, ROWS[model])
    assert mark in text_of(member(acme, "Manager").open(f"{model}_change", row.pk))
    assert mark not in text_of(member(acme, "Viewer").open(f"{model}_change", row.pk))


def test_an_orders_story_offers_each_group_its_own(acme: Tenant, shop: Shop) -> None:
    refund, redeliver = "/command/refund/", "/command/redeliver/"
    shown = {}
    for group in MAY:
        text = text_of(member(acme, group).open("orders_order_change", shop.order.pk))
        shown[group] = (refund in text, redeliver in text)
    assert shown == {"Viewer": (False, False), "Clerk": (True, False), "Manager": (True, True)}


@pytest.mark.parametrize("page", ["index", "events_auditevent_changelist", "password_change"])
def test_a_viewer_sees_the_other_pages_too(acme: Tenant, shop: Shop, page: str) -> None:
    assert member(acme, "Viewer").open(page).status_code == 200


def test_an_admin_makes_a_clerk_of_a_manager_who_is_one_at_the_next_click(
    roots: Screen, sam: User, sams: Screen, shop: Shop
) -> None:
    assert sams.open("pets_pet_add").status_code == 200
    roots.fill("accounts_user_command", sam.pk, "make_clerk", version=sam.version, reason="New job")
    assert sams.open("pets_pet_add").status_code == 403
    assert sams.open("orders_order_add").status_code == 200


def test_an_admin_is_offered_the_other_groups_and_asked_why(roots: Screen, sam: User, alice: User) -> None:
    text = text_of(roots.open("accounts_user_change", sam.pk))
    offered = [group for group in ("viewer", "clerk", "manager") if f"/command/make_{group}/" in text]
    assert offered == ["viewer", "clerk"]
    assert "/command/make_" not in text_of(roots.open("accounts_user_change", alice.pk))
    before = snapshot()
    roots.fill("accounts_user_command", sam.pk, "make_clerk", version=sam.version)
    assert snapshot() == before


def test_a_stale_page_gives_no_group(roots: Screen, sam: User) -> None:
    roots.fill("accounts_user_command", sam.pk, "make_clerk", version=sam.version, reason="New job")
    before = snapshot()
    roots.fill("accounts_user_command", sam.pk, "make_viewer", version=sam.version, reason="Old page")
    assert snapshot() == before


@pytest.mark.parametrize("command", ["make_clerk", "reset_link"])
def test_what_gives_power_asks_for_ones_own_password(roots: Screen, sam: User, command: str) -> None:
    session = roots.session
    session["proved_at"] = 0
    session.save()
    before = snapshot()
    page = roots.fill("accounts_user_command", sam.pk, command, version=sam.version, reason="Sneaking by")
    assert 'name="password"' in text_of(page)
    assert snapshot() == before


def test_the_list_shows_groups_and_finds_by_them(acme: Tenant, roots: Screen, sam: User, alice: User) -> None:
    clerk = StaffFactory.create(tenant=acme, group=StaffGroup.CLERK)
    assert "Manager" in text_of(roots.open("accounts_user_change", sam.pk))
    found = rows_on(roots.open("accounts_user_changelist", group="Clerk"))
    assert found == [clerk]
    assert rows_on(roots.open("accounts_user_changelist", group="Nobody")) == []


def test_staff_cost_two_queries_that_admins_do_not(roots: Screen, sams: Screen, payment: Payment) -> None:
    """Where they work, and what their groups permit."""
    page = ("payments_payment_change", payment.pk)
    assert count_page_queries(sams, *page) == count_page_queries(roots, *page) + 2
