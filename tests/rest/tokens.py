"""Logging in over REST, and tokens that say something else than the service said."""

import json
from typing import Any

import jwt
from django.conf import settings

from accounts.models import User
from accounts.services.registration import change_user_status
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import PASSWORD

Answer = Any
"""What the test client answers: a response with a `json` of its own."""


def log_in(client: Client, username: str = "alice", password: str = PASSWORD) -> Answer:
    return client.post("/v1/auth/tokens", {"username": username, "password": password})


def refresh(client: Client, token: str) -> Answer:
    return client.post("/v1/auth/tokens/refresh", {"refreshToken": token})


def revoke(client: Client, token: str) -> Answer:
    return client.post("/v1/auth/tokens/revoke", {"token": token})


def me(tenant: Tenant, token: str, user: User) -> int:
    """The status of reading one's own account with the token."""
    return int(Client().at(tenant).get(f"/v1/users/{user.id}", HTTP_AUTHORIZATION=f"Bearer {token}").status_code)


def access(user: User) -> str:
    token: str = log_in(Client().at(user.tenant), user.username).json()["token"]
    return token


def payload(token: str) -> dict[str, Any]:
    payload: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return payload


def signed(token: str, **changed: Any) -> str:
    """The token with other claims, signed with the service's key; a claim of None is left out."""
    claims = {name: value for name, value in (payload(token) | changed).items() if value is not None}
    return jwt.api_jws.encode(json.dumps(claims).encode(), settings.JWT_SIGNING_KEY, algorithm="HS512")


def suspend(user: User) -> None:
    with tenant_scope(user.tenant_id):
        change_user_status(user_id=user.id, status="SUSPENDED", actor=SYSTEM)
