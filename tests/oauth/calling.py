"""An application that calls the endpoints: forms in, JSON out."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.test import Client

from applications.models import Application
from applications.services.registration import RegisteredApplication

FORM = "application/x-www-form-urlencoded"
TOKEN, REVOKE, INTROSPECT, DEVICE = "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device/authorize"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def basic(client_id: str, secret: str) -> str:
    """An Authorization header of RFC 6749, 2.3.1."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def post(path: str, form: Any, *, authorization: str | None = None, **extra: Any) -> Any:
    """One call; a form as a mapping, as pairs, or as bytes."""
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    if authorization is not None:
        extra["HTTP_AUTHORIZATION"] = authorization
    kind = extra.pop("content_type", FORM)
    return Client(SERVER_NAME="testserver").generic("POST", path, body, kind, **extra)


@dataclass(frozen=True)
class Caller:
    """An application with its secret, None for a PUBLIC one; it authenticates by Basic or by its name."""

    application: Application
    secret: str | None

    @classmethod
    def of(cls, registered: RegisteredApplication) -> "Caller":
        return cls(registered.application, registered.secret)

    def post(self, path: str, form: dict[str, str], **extra: Any) -> Any:
        client_id = self.application.client_id
        if self.secret is None:
            return post(path, {"client_id": client_id} | form, **extra)
        return post(path, form, authorization=basic(client_id, self.secret), **extra)

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        """The tokens of an exchange that succeeds."""
        response = self.post(TOKEN, form)
        assert response.status_code == 200, response.content
        tokens: dict[str, Any] = response.json()
        return tokens

    def refresh(self, refresh_token: str, **more: str) -> Any:
        return self.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": refresh_token} | more)


def error_of(response: Any) -> str:
    """The error of a refusal, which is of RFC 6749's form and kept by no cache."""
    body: dict[str, str] = response.json()
    assert body.keys() == {"error", "error_description"} or body.keys() == {"error"}, body
    assert response.status_code == (401 if body["error"] == "invalid_client" else 400), response.status_code
    assert response["Content-Type"] == "application/json"
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")
    assert not response.cookies
    return body["error"]


def is_good(caller: Caller, token: str) -> bool:
    """Whether the token is good, as a CONFIDENTIAL application of its tenant is told."""
    return bool(caller.post(INTROSPECT, {"token": token}).json()["active"])
