"""/v1/users (contract, Users)."""

from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from events.models import Action, AuditEvent
from kernel import ids
from orders.models import Order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import PASSWORD, OrderFactory, TenantFactory

NEW = {
    "username": "dora",
    "firstName": "Dora",
    "lastName": "Miller",
    "email": "dora@example.com",
    "password": PASSWORD,
}
FULL = NEW | {"phone": "+15551234567", "preferences": {"newsletter": True, "notifications": False}}
NEW_PASSWORD = {"password": "a wholly new phrase", "currentPassword": PASSWORD}
REPLACEMENT = {"firstName": "Alicia", "lastName": "Mills", "email": "alicia@example.com"}


@pytest.fixture
def open_shop(db: None) -> Tenant:
    return TenantFactory.create(access=Tenant.Access.OPEN)


def _count(tenant: Tenant) -> int:
    with tenant_scope(tenant.id):
        return User.objects.count()


def _codes(answer: Any) -> dict[str, str]:
    return {fault["field"]: fault["code"] for fault in answer.json()["errors"]}


def _path(user: User) -> str:
    return f"/v1/users/{user.id}"


def _reload(user: User) -> User:
    with tenant_scope(user.tenant_id):
        return User.objects.get(pk=user.pk)


def test_anybody_registers_and_is_logged_in_at_once(api: Client, pool: Tenant) -> None:
    answer = api.post("/v1/users", FULL)
    body = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/v1/users/{body['id']}"
    assert {key: body[key] for key in FULL if key != "password"} == {k: v for k, v in FULL.items() if k != "password"}
    assert body["tenantId"] is None
    assert body["expiresAt"] > body["createdAt"]
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {body['token']}")
    assert api.get(f"/v1/users/{body['id']}").json()["username"] == "dora"


def test_an_answer_never_has_the_password(api: Client, pool: Tenant) -> None:
    answer = api.post("/v1/users", FULL)
    assert PASSWORD not in answer.content.decode()
    assert not {"password", "tokenVersion", "role"} & set(answer.json())
    assert answer["Cache-Control"] == "no-store"


def test_a_user_belongs_to_the_tenant_that_the_header_names(api: Client, open_shop: Tenant, pool: Tenant) -> None:
    assert api.at(open_shop).post("/v1/users", NEW).json()["tenantId"] == str(open_shop.id)
    assert (_count(open_shop), _count(pool)) == (1, 0)


def test_nobody_registers_in_a_members_tenant_without_a_token(api: Client, acme: Tenant) -> None:
    assert api.at(acme).post("/v1/users", NEW).status_code == 401
    assert _count(acme) == 0


def test_a_member_may_register_somebody_in_a_members_tenant(api: Client, alice: User) -> None:
    answer = api.as_(alice).post("/v1/users", NEW)
    assert answer.status_code == 201
    assert answer.json()["tenantId"] == str(alice.tenant_id)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("username", {"email": "other@example.com", "username": "DORA"}),
        ("email", {"email": "Dora@Example.com", "username": "dot"}),
    ],
)
def test_a_taken_name_or_address_is_409_and_says_which(
    api: Client, pool: Tenant, field: str, other: dict[str, str]
) -> None:
    api.post("/v1/users", NEW)
    answer = api.post("/v1/users", NEW | other)
    assert (answer.status_code, _codes(answer)) == (409, {field: "duplicate"})
    assert _count(pool) == 1


def test_a_name_that_is_taken_in_one_scope_is_free_in_another(api: Client, open_shop: Tenant, pool: Tenant) -> None:
    assert api.post("/v1/users", NEW).status_code == 201
    assert api.at(open_shop).post("/v1/users", NEW).status_code == 201


@pytest.mark.parametrize("field", ["username", "firstName", "lastName", "email", "password"])
def test_a_missing_field_is_named(api: Client, pool: Tenant, field: str) -> None:
    answer = api.post("/v1/users", {key: value for key, value in NEW.items() if key != field})
    assert (answer.status_code, _codes(answer)) == (400, {field: "required"})
    assert _count(pool) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ab"),
        ("username", "a" * 51),
        ("username", "no spaces"),
        ("username", "dora\n"),
        ("username", "dоra"),  # noqa: RUF001  # a Cyrillic o
        ("username", 12345),
        ("firstName", ""),
        ("firstName", "   "),
        ("lastName", "x" * 101),
        ("email", "dora"),
        ("email", "dora@example.com\n"),
        ("password", "short"),
        ("password", "password1"),
        ("password", "93847561029"),
        ("password", "dora@example.com"),
        ("phone", "0123456"),
        ("phone", "+1-555-1234"),
        ("phone", "+1555123456789012"),
        ("phone", "+١٥٥٥"),  # noqa: RUF001  # Arabic digits
        ("preferences", []),
        ("preferences", {"newsletter": "yes"}),
        ("role", "ADMIN"),
    ],
)
def test_a_bad_field_is_named_and_nobody_is_made(api: Client, pool: Tenant, field: str, value: object) -> None:
    answer = api.post("/v1/users", NEW | {field: value})
    assert answer.status_code == 400
    assert {name.split(".")[0] for name in _codes(answer)} == {field}
    assert _count(pool) == 0


def test_an_error_never_repeats_what_was_sent(api: Client, pool: Tenant) -> None:
    answer = api.post("/v1/users", NEW | {"password": "canary1", "phone": "canary2", "email": "canary3"})
    assert answer.status_code == 400
    assert b"canary" not in answer.content


def test_an_unknown_field_is_refused_and_a_read_only_one_is_ignored(api: Client, pool: Tenant) -> None:
    assert _codes(api.post("/v1/users", NEW | {"shoeSize": 42})) == {"shoeSize": "unknown_field"}
    answer = api.post("/v1/users", NEW | {"id": str(ids.new_id()), "tenantId": str(ids.new_id())})
    assert (answer.status_code, answer.json()["tenantId"]) == (201, None)


def test_oneself_staff_and_admins_read_an_account(
    api: Client, acme: Tenant, alice: User, sam: User, root: User
) -> None:
    for reader in (alice, sam):
        assert api.as_(reader).get(_path(alice)).json()["username"] == "alice"
    assert api.as_(root, at=acme).get(_path(alice)).status_code == 200


def test_others_do_not_read_an_account(api: Client, alice: User, bob: User, gina: User) -> None:
    assert api.get(_path(alice)).status_code == 401
    assert api.as_(bob).get(_path(alice)).status_code == 403
    assert api.as_(gina).get(_path(alice)).status_code == 404


def test_an_account_of_another_tenant_looks_like_none_at_all(api: Client, alice: User, charlie: User) -> None:
    stranger = api.as_(charlie)
    theirs, none = stranger.get(_path(alice)), stranger.get(f"/v1/users/{ids.new_id()}")
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert theirs.json() | {"instance": ""} == none.json() | {"instance": ""}


def test_a_replacement_clears_what_it_leaves_out(api: Client, pool: Tenant) -> None:
    made = api.post("/v1/users", FULL).json()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {made['token']}")
    answer = api.put(f"/v1/users/{made['id']}", REPLACEMENT)
    assert answer.status_code == 200
    assert answer.json() | REPLACEMENT == answer.json()
    assert (answer.json()["phone"], answer.json()["username"]) == (None, "dora")
    assert answer.json()["preferences"] == {"newsletter": False, "notifications": True}


def test_what_was_read_can_be_sent_back(api: Client, alice: User) -> None:
    client = api.as_(alice)
    seen = client.get(_path(alice)).json()
    assert client.put(_path(alice), seen).json() | {"updatedAt": ""} == seen | {"updatedAt": ""}


def test_a_username_is_for_ever(api: Client, alice: User) -> None:
    answer = api.as_(alice).put(_path(alice), REPLACEMENT | {"username": "alicia"})
    assert (answer.status_code, _codes(answer)) == (400, {"username": "immutable"})
    assert answer.json()["type"].endswith("/validation-error")
    assert (_reload(alice).username, _reload(alice).first_name) == ("alice", "Alice")


def test_a_new_password_ends_every_token_and_works(api: Client, alice: User) -> None:
    client, other_device = api.as_(alice), api.as_(alice)
    assert client.put(_path(alice), REPLACEMENT | NEW_PASSWORD).status_code == 200
    assert [each.get(_path(alice)).status_code for each in (client, other_device)] == [401, 401]
    logged_in = [
        api.at(alice.tenant).post("/v1/auth/tokens", {"username": "alice", "password": password}).status_code
        for password in (PASSWORD, "a wholly new phrase")
    ]
    assert logged_in == [401, 200]


def test_the_same_password_again_changes_nothing(api: Client, alice: User) -> None:
    client = api.as_(alice)
    body = REPLACEMENT | {"password": PASSWORD, "currentPassword": PASSWORD}
    assert client.put(_path(alice), body).status_code == 200
    assert client.get(_path(alice)).status_code == 200


def test_a_weak_new_password_changes_nothing(api: Client, alice: User) -> None:
    client = api.as_(alice)
    answer = client.put(_path(alice), REPLACEMENT | NEW_PASSWORD | {"password": "password1"})
    assert (answer.status_code, set(_codes(answer))) == (400, {"password"})
    assert client.get(_path(alice)).json()["firstName"] == "Alice"


def test_a_replacement_with_a_taken_address_is_409(api: Client, alice: User, bob: User) -> None:
    answer = api.as_(alice).put(_path(alice), REPLACEMENT | {"email": "BOB@example.com"})
    assert (answer.status_code, _codes(answer)) == (409, {"email": "duplicate"})
    assert _reload(alice).email == "alice@example.com"


@pytest.mark.parametrize("method", ["put", "delete"])
def test_others_neither_change_nor_close_an_account(
    api: Client, alice: User, bob: User, sam: User, gina: User, method: str
) -> None:
    body = REPLACEMENT if method == "put" else None
    callers = (api.at(alice.tenant), api.as_(bob), api.as_(sam), api.as_(gina))
    assert [getattr(c, method)(_path(alice), body).status_code for c in callers] == [401, 403, 403, 404]
    assert (_reload(alice).status, _reload(alice).first_name) == ("ACTIVE", "Alice")


def test_an_admin_changes_and_closes_an_account(api: Client, acme: Tenant, alice: User, root: User) -> None:
    client = api.as_(root, at=acme)
    assert client.put(_path(alice), REPLACEMENT).json()["firstName"] == "Alicia"
    assert client.delete(_path(alice)).status_code == 204


def test_an_account_carries_an_etag_for_what_comes_next(api: Client, alice: User) -> None:
    client = api.as_(alice)
    tag = client.get(_path(alice))["ETag"]
    assert client.get(_path(alice), HTTP_IF_NONE_MATCH=tag).status_code == 304
    assert client.put(_path(alice), REPLACEMENT, HTTP_IF_MATCH=tag)["ETag"] == client.get(_path(alice))["ETag"] != tag


@pytest.mark.parametrize("tag", ['"v99"', 'W/"v1"', '"nonsense"'])
def test_a_stale_or_weak_if_match_changes_nothing(api: Client, alice: User, tag: str) -> None:
    client = api.as_(alice)
    assert client.put(_path(alice), REPLACEMENT, HTTP_IF_MATCH=tag).status_code == 412
    assert client.delete(_path(alice), HTTP_IF_MATCH=tag).status_code == 412
    assert (_reload(alice).status, _reload(alice).first_name) == ("ACTIVE", "Alice")


def test_closing_erases_the_person_and_keeps_the_orders(api: Client, alice: User) -> None:
    order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    client = api.as_(alice)
    assert client.delete(_path(alice)).status_code == 204
    assert client.get(_path(alice)).status_code == 401
    with tenant_scope(alice.tenant_id):
        row = User.objects.filter(pk=alice.pk).values().get()
        assert Order.objects.get(pk=order.pk).user_id == alice.id
    assert not [value for value in row.values() if isinstance(value, str) and "alice" in value.lower()]


def test_a_closed_account_is_gone_and_its_name_is_free(api: Client, alice: User, sam: User) -> None:
    api.as_(alice).delete(_path(alice))
    assert api.as_(sam).get(_path(alice)).status_code == 404
    again = NEW | {"username": "alice", "email": "alice@example.com"}
    assert api.as_(sam).post("/v1/users", again).status_code == 201


def test_the_journal_records_each_change_without_personal_data(api: Client, alice: User) -> None:
    client = api.as_(alice)
    client.put(_path(alice), REPLACEMENT)
    client.delete(_path(alice))
    with tenant_scope(alice.tenant_id):
        entries = list(AuditEvent.objects.filter(entity_id=alice.id).order_by("id"))
    assert [e.action for e in entries] == [Action.USER_CREATED, Action.USER_UPDATED, Action.USER_DELETED]
    assert {e.actor_id for e in entries[1:]} == {alice.id}
    assert not [e for e in entries if "alic" in str(e.details).lower()]


@pytest.mark.parametrize("user_id", ["1", "not-a-uuid", "{" + str(UUID(int=4)) + "}"])
def test_a_path_id_that_is_no_uuid_is_404(api: Client, alice: User, user_id: str) -> None:
    assert api.as_(alice).get(f"/v1/users/{user_id}").status_code == 404
