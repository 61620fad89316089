"""Canary people: each word about them is theirs alone, so that whatever is left of them is found."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from accounts.models import User
from accounts.services.passwords import make_reset_token
from chat.services.rooms import close_support_room
from kernel.actor import SYSTEM
from orders.models import Order
from petstore.interfaces.http.reset_links import build_reset_link
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen
from tests.chat.rooms.conftest import read_as, send_as
from tests.client import Client, naming
from tests.factories import PASSWORD, PetFactory
from tests.payments.sources import VISA, bank_account, card
from tests.rest.paying import payment_of

DECLINED = "4000000000000002"
NOT_KEPT = frozenset(("line1", "line2"))
"""Of a billing address the lines are never stored (contract, Payments)."""


@dataclass(frozen=True)
class Person:
    """A customer, or somebody who pays without an account.

    Attributes:
        words: by the kind of data.
    """

    number: int
    words: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        mark = f"{self.number:03}"
        words = {
            "username": f"zephyrus{mark}",
            "email": f"quill{mark}@canary.example",
            "phone": f"+4479460{mark}",
            "first name": f"Zephyrine{mark}",
            "last name": f"Quillfeather{mark}",
            "city": f"Nethermarsh{mark}",
            "postal code": f"ZQ{mark} 7XK",
            "state": f"Wexley{mark}",
            "line1": f"{mark} Heronsgate Lane",
            "line2": f"Attic {mark} behind the mill",
        }
        object.__setattr__(self, "words", words)

    @property
    def name(self) -> str:
        return f"{self.words['first name']} {self.words['last name']}"

    @property
    def address(self) -> dict[str, str]:
        keys = {"line1": "line1", "line2": "line2", "city": "city", "state": "state", "postal code": "postalCode"}
        return {key: self.words[word] for word, key in keys.items()} | {"country": "GB"}

    @property
    def profile(self) -> dict[str, Any]:
        named = {"firstName": "first name", "lastName": "last name", "email": "email", "phone": "phone"}
        return {key: self.words[word] for key, word in named.items()}


def live(person: Person, shop: Tenant, admin: Client, clerk: Screen) -> UUID:
    """Register, log in and fail to, order, pay in every way, ask for callbacks, and be written about by staff."""
    nobody = Client().at(shop)
    request_id = f"req-{person.words['username']}"
    registered = nobody.post(
        "/v1/users",
        person.profile | {"username": person.words["username"], "password": PASSWORD},
        HTTP_IDEMPOTENCY_KEY=person.words["email"],
        HTTP_X_REQUEST_ID=request_id,
    )
    assert registered.status_code == 201, registered.json()
    user_id, token = UUID(registered.json()["id"]), registered.json()["token"]
    _log_in(person, nobody)
    caller = Client()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_X_REQUEST_ID=request_id, **naming(shop))
    assert caller.put(f"/v1/users/{user_id}", person.profile | {"preferences": {}}).status_code == 200
    orders = [_order(caller, shop, key=f"{person.words['username']} {number}") for number in range(3)]
    _pay(caller, orders[0], card(name=person.name, billingAddress=person.address))
    _pay(caller, orders[1], bank_account(accountHolderName=person.name))
    _pay(caller, orders[2], card(name=person.name, number=DECLINED, billingAddress=person.address), "FAILED")
    _ask_for_callback(person, caller, orders[2])
    _be_written_about(person, user_id, orders, admin, clerk)
    _chat(person, user_of(user_id, shop), shop)
    with tenant_scope(shop.id):
        link = build_reset_link(user_id, make_reset_token(user_id=user_id, actor=SYSTEM), site="")
    assert clerk.get(link).status_code == 200
    return user_id


def live_without_account(person: Person, shop: Tenant, admin: Client) -> UUID:
    """Order and pay without an account, and be written about; returns the order."""
    caller = Client()
    caller.credentials(HTTP_X_REQUEST_ID=f"req-{person.words['username']}", **naming(shop))
    order = _order(caller, shop, key=person.words["email"])
    _pay(caller, order, card(name=person.name, number=DECLINED, billingAddress=person.address), "FAILED")
    _ask_for_callback(person, caller, order)
    _pay(caller, order, card(name=person.name, billingAddress=person.address))
    ship = {"status": "SHIPPED", "reason": f"{person.name} of {person.words['phone']} takes it home"}
    assert admin.patch(f"/v1/admin/orders/{order.pk}/status", ship).status_code == 200
    return order.pk


def _log_in(person: Person, nobody: Client) -> None:
    """Once well, and in vain: with another password, and with the e-mail address for a name."""
    tried = [(person.words["username"], PASSWORD), (person.words["username"], "x" * 12), (person.words["email"], "y")]
    codes = [
        nobody.post("/v1/auth/tokens", {"username": name, "password": password}).status_code for name, password in tried
    ]
    assert codes == [200, 401, 401]
    again = person.profile | {"username": f"{person.words['username']}-again", "password": PASSWORD}
    assert nobody.post("/v1/users", again).status_code == 409


def _order(caller: Client, shop: Tenant, *, key: str) -> Order:
    pet = PetFactory.create(tenant=shop)
    answer = caller.post("/v1/orders", {"petId": str(pet.id)}, HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 201, answer.json()
    with tenant_scope(shop.id):
        order: Order = Order.objects.get(pk=answer.json()["id"])
    return order


def _pay(caller: Client, order: Order, source: dict[str, Any], status: str = "SUCCEEDED") -> None:
    key = f"pay {source.get('number', '')[-4:] or VISA} {order.pk}"
    answer = caller.post(f"/v1/orders/{order.pk}/payment", payment_of(order, source=source), HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, answer.json()["status"]) == (201, status), answer.json()


def _ask_for_callback(person: Person, caller: Client, order: Order) -> None:
    url = f"https://hooks.example/{person.words['username']}?{urlencode({'for': person.words['email']})}"
    body = {
        "amount": str(order.total_amount),
        "currency": order.currency,
        "timestamp": "1764500000",
        "callbackUrl": url,
    }
    assert caller.post(f"/v1/orders/{order.pk}", body).status_code == 201


def _chat(person: Person, customer: User, shop: Tenant) -> None:
    """Write in a support room that is answered and closed, and in one that waits."""
    words = f"I am {person.name}, {person.words['phone']}, of {person.words['city']}: mail {person.words['email']}"
    with tenant_scope(shop.id):
        for room_id in (uuid4(), uuid4()):
            sent = send_as(customer, words, room_id=room_id, client_id=f"{person.words['email']}/1").message
            read_as(customer, sent)
        close_support_room(room_id=sent.room_id, actor=SYSTEM)


def _be_written_about(person: Person, user_id: UUID, orders: list[Order], admin: Client, clerk: Screen) -> None:
    """By an admin over REST, and by a clerk who keeps a filter for them."""
    about = f"{person.name} ({person.words['email']}, {person.words['phone']}) of {person.words['city']} called"
    for status in ("SUSPENDED", "ACTIVE"):
        answer = admin.patch(f"/v1/admin/users/{user_id}/status", {"status": status, "reason": about})
        assert answer.status_code == 200, answer.json()
    assert admin.post(f"/v1/admin/orders/{orders[1].pk}/cancel", {"reason": about}).status_code == 200
    moved = admin.patch(f"/v1/admin/orders/{orders[0].pk}/status", {"status": "SHIPPED", "reason": about})
    assert moved.status_code == 200, moved.json()
    for query in ({"q": person.words["email"]}, {"q": person.name, "status__exact": "SHIPPED"}):
        filled = {"action": "save", "name": f"{query['q'][:38]}", "query": urlencode(query)}
        assert clerk.fill("orders_order_filters", **filled).status_code == 200
    assert clerk.open("accounts_user_changelist", q=person.words["last name"]).status_code == 200


def user_of(user_id: UUID, shop: Tenant) -> User:
    """The account as it is now."""
    with tenant_scope(shop.id):
        user: User = User.objects.get(pk=user_id)
    return user
