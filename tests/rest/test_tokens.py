"""What a token is good for, and what is no token (contract, Authentication; guarantees, G12)."""

import base64
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.conf import settings

from accounts.models import User
from accounts.services.registration import change_user_status
from accounts.services.tenants import add_tenant_member, remove_tenant_member
from kernel import ids
from kernel.actor import SYSTEM
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import PASSWORD, PetFactory
from tests.rest.tokens import access, log_in, me, payload, refresh, signed, suspend


def test_a_token_of_another_tenant_is_403(api: Client, alice: User, charlie: User, pool: Tenant) -> None:
    token = access(alice)
    assert me(alice.tenant, token, alice) == 200
    assert me(charlie.tenant, token, alice) == 403
    assert me(pool, token, alice) == 403


def test_a_staff_token_works_where_its_bearer_is_a_member_and_nowhere_else(
    api: Client, sam: User, alice: User, charlie: User
) -> None:
    token = access(sam)
    assert me(charlie.tenant, token, charlie) == 403
    add_tenant_member(tenant_id=charlie.tenant_id, username="sam", actor=SYSTEM)
    assert [me(alice.tenant, token, alice), me(charlie.tenant, token, charlie)] == [200, 200]


def test_who_is_no_member_any_more_keeps_nothing_there(api: Client, sam: User, charlie: User) -> None:
    add_tenant_member(tenant_id=charlie.tenant_id, username="sam", actor=SYSTEM)
    token = log_in(api.at(charlie.tenant), "sam").json()["token"]
    remove_tenant_member(tenant_id=charlie.tenant_id, user=sam, actor=SYSTEM)
    assert me(charlie.tenant, token, charlie) == 403
    assert me(charlie.tenant, token, sam) == 403


def test_an_admin_token_works_in_every_tenant(alice: User, charlie: User, root: User) -> None:
    token = access(root)
    assert [me(alice.tenant, token, alice), me(charlie.tenant, token, charlie)] == [200, 200]


@pytest.mark.parametrize("scope", ["", "read:pets", "write:user"])
def test_a_token_without_the_scope_is_403(alice: User, scope: str) -> None:
    token = access(alice)
    assert me(alice.tenant, signed(token, scope="read:user"), alice) == 200
    assert me(alice.tenant, signed(token, scope=scope), alice) == 403


def _suspended(user: User) -> None:
    suspend(user)


def _closed(user: User) -> None:
    Client().as_(user).delete(f"/v1/users/{user.id}")


def _with_a_new_password(user: User) -> None:
    words = {"password": "a wholly new phrase", "currentPassword": PASSWORD}
    body = {"firstName": "A", "lastName": "M", "email": "a@example.com"} | words
    Client().as_(user).put(f"/v1/users/{user.id}", body)


@pytest.mark.parametrize("happen", [_suspended, _closed, _with_a_new_password])
def test_tokens_die_at_once(api: Client, alice: User, happen: Callable[[User], None]) -> None:
    pair = log_in(api.at(alice.tenant)).json()
    assert me(alice.tenant, pair["token"], alice) == 200
    happen(alice)
    assert me(alice.tenant, pair["token"], alice) == 401
    assert refresh(api.at(alice.tenant), pair["refreshToken"]).status_code == 401


def test_a_user_who_is_active_again_needs_a_new_token(alice: User) -> None:
    token = access(alice)
    suspend(alice)
    with tenant_scope(alice.tenant_id):
        change_user_status(user_id=alice.id, status="ACTIVE", actor=SYSTEM)
    assert me(alice.tenant, token, alice) == 401
    assert me(alice.tenant, access(alice), alice) == 200


def test_one_kind_of_token_is_not_taken_for_the_other(api: Client, alice: User) -> None:
    pair = log_in(api.at(alice.tenant)).json()
    assert me(alice.tenant, pair["refreshToken"], alice) == 401
    assert refresh(api.at(alice.tenant), pair["token"]).status_code == 401


def _unsigned(payload: dict[str, Any]) -> str:
    return jwt.encode(payload, "", algorithm="none")


def _by_another_key(payload: dict[str, Any]) -> str:
    return jwt.encode(payload, "k" * 64, algorithm="HS512")


def _by_another_algorithm(payload: dict[str, Any]) -> str:
    return jwt.encode(payload, settings.JWT_SIGNING_KEY, algorithm="HS256")


def _nested_header(payload: dict[str, Any]) -> str:
    return f"{base64.urlsafe_b64encode(b'[' * 5000).decode().rstrip('=')}.e30.e30"


@pytest.mark.parametrize("forge", [_unsigned, _by_another_key, _by_another_algorithm, _nested_header])
def test_a_forged_token_is_401_everywhere(alice: User, forge: Callable[[dict[str, Any]], str]) -> None:
    token = forge(payload(access(alice)))
    assert me(alice.tenant, token, alice) == 401
    assert Client().post("/v1/orders", {}, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    assert refresh(Client().at(alice.tenant), token).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer é", "x"])
def test_a_header_that_holds_no_token_is_401_where_a_token_is_optional(api: Client, stray: Pet, header: str) -> None:
    answer = api.post("/v1/orders", {"petId": str(stray.id)}, HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert api.get(f"/v1/pets/{stray.id}").json()["status"] == "AVAILABLE"


@pytest.mark.parametrize("claim", ["sub", "sid", "jti", "ver", "scope", "exp", "iss", "aud"])
def test_a_signed_token_without_a_claim_is_401(alice: User, claim: str) -> None:
    token = access(alice)
    assert me(alice.tenant, signed(token), alice) == 200
    assert me(alice.tenant, signed(token, **{claim: None}), alice) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": "1"},
        {"sub": "' OR 1=1"},
        {"sub": "\x00"},
        {"sub": 7},
        {"sub": [[]]},
        {"sub": str(ids.new_id())},
        {"sid": str(ids.new_id())},
        {"sid": "{}"},
        {"jti": 7},
        {"ver": 2**70},
        {"ver": -1},
        {"ver": float("inf")},
        {"ver": float("nan")},
        {"ver": []},
        {"scope": 7},
        {"tenant": 7},
        {"tenant": "acme"},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"exp": 1},
        {"iat": float("inf")},
        {"iat": 2**40},
        {"nbf": []},
        {"aud": {}},
        {"iss": "somebody else"},
    ],
    ids=str,
)
def test_a_signed_token_with_an_odd_claim_is_401(api: Client, alice: User, changed: dict[str, Any]) -> None:
    door = api.at(alice.tenant)
    pair = log_in(door).json()
    assert me(alice.tenant, signed(pair["token"]), alice) == 200
    assert me(alice.tenant, signed(pair["token"], **changed), alice) == 401
    assert refresh(door, signed(pair["refreshToken"], **changed)).status_code == 401


def test_a_pet_cannot_be_written_by_a_customer_whose_token_claims_more(api: Client, alice: User) -> None:
    rex = PetFactory.create(tenant=alice.tenant)
    token = signed(access(alice), scope="write:pets", role="ADMIN")
    answer = api.at(alice.tenant).delete(f"/v1/pets/{rex.id}", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 403
