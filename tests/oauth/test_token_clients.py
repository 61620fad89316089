"""Who calls the token endpoint and how: client authentication, forms, and all that is refused (RFC 6749, 5.2)."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import LoginSession, User
from applications.services.registration import rotate_client_secret
from kernel.actor import SYSTEM
from petstore.interfaces.oauth.endpoints import MAX_FORM
from tenants.scoping import all_tenants, tenant_scope
from tests.oauth.calling import DEVICE, DEVICE_GRANT, FORM, INTROSPECT, REVOKE, TOKEN, Caller, basic, error_of, post
from tests.oauth.granting import allow

ENDPOINTS = (TOKEN, DEVICE, REVOKE, INTROSPECT)


@pytest.fixture
def form(probe: Caller, alice: User) -> dict[str, str]:
    """The form of an exchange that would succeed."""
    return allow(probe.application, alice).form


def nothing_was_given() -> bool:
    with all_tenants(reason="test"):
        return not LoginSession.objects.exists()


def test_a_secret_is_taken_by_basic_and_in_the_body(probe: Caller, alice: User) -> None:
    name, secret = probe.application.client_id, str(probe.secret)
    by_basic = post(TOKEN, allow(probe.application, alice).form, authorization=basic(name, secret))
    in_body = post(TOKEN, allow(probe.application, alice).form | {"client_id": name, "client_secret": secret})
    lower_case = post(
        TOKEN, allow(probe.application, alice).form, authorization=basic(name, secret).replace("Basic", "basic")
    )
    assert [answer.status_code for answer in (by_basic, in_body, lower_case)] == [200, 200, 200]


def test_the_name_may_stand_in_the_body_too_if_it_is_the_same(probe: Caller, form: dict[str, str]) -> None:
    name = probe.application.client_id
    assert error_of(probe.post(TOKEN, form | {"client_id": "another"})) == "invalid_client"
    assert nothing_was_given()
    assert probe.post(TOKEN, form | {"client_id": name}).status_code == 200


def test_two_ways_of_authentication_at_once_are_refused(probe: Caller, form: dict[str, str]) -> None:
    both = {"client_id": probe.application.client_id, "client_secret": str(probe.secret)}
    assert error_of(probe.post(TOKEN, form | both)) == "invalid_request"
    assert nothing_was_given()


def _bad_authentications(probe: Caller, mobile: Caller) -> dict[str, dict[str, Any]]:
    name, secret, public = probe.application.client_id, str(probe.secret), mobile.application.client_id
    return {
        "nobody": {},
        "an unknown application": {"more": {"client_id": "nobody"}},
        "a wrong secret by Basic": {"authorization": basic(name, secret + "x")},
        "a wrong secret in the body": {"more": {"client_id": name, "client_secret": "x"}},
        "no secret": {"more": {"client_id": name}},
        "an empty secret by Basic": {"authorization": basic(name, "")},
        "a PUBLIC application with a secret": {"more": {"client_id": public, "client_secret": "x"}},
        "a PUBLIC application by Basic": {"authorization": basic(public, "x")},
        "the secret of another": {"authorization": basic(public, secret)},
        "Bearer": {"authorization": f"Bearer {secret}"},
        "Basic of nothing": {"authorization": "Basic"},
        "Basic of no base64": {"authorization": "Basic ~~~"},
        "Basic without a colon": {"authorization": "Basic " + base64.b64encode(name.encode()).decode()},
        "Basic of no UTF-8": {"authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
        "Basic with NUL": {"authorization": "Basic " + base64.b64encode(b"a\0b:c").decode()},
    }


def test_whoever_fails_to_authenticate_is_no_client_and_is_asked_for_basic(
    probe: Caller, mobile: Caller, form: dict[str, str]
) -> None:
    for what, attempt in _bad_authentications(probe, mobile).items():
        answer = post(TOKEN, form | attempt.get("more", {}), authorization=attempt.get("authorization"))
        assert error_of(answer) == "invalid_client", what
        assert answer["WWW-Authenticate"].startswith("Basic "), what
        assert nothing_was_given(), what
    assert probe.exchange(form)


def test_after_a_rotation_the_old_secret_works_no_more(probe: Caller, alice: User) -> None:
    with tenant_scope(alice.tenant_id):
        fresh = rotate_client_secret(application_id=probe.application.id, actor=SYSTEM)
    form = allow(probe.application, alice).form
    assert error_of(probe.post(TOKEN, form)) == "invalid_client"
    assert Caller.of(fresh).exchange(form)


def test_a_secret_is_form_encoded_inside_basic(probe: Caller, form: dict[str, str]) -> None:
    pair = "".join(f"%{byte:02x}" for byte in f"{probe.secret}".encode())
    header = "Basic " + base64.b64encode(f"{probe.application.client_id}:{pair}".encode()).decode()
    assert post(TOKEN, form, authorization=header).status_code == 200


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("openid", "unsupported_grant_type"),
        ("", "invalid_request"),
        (DEVICE_GRANT, "unauthorized_client"),
    ],
)
def test_other_grants_are_not_offered(probe: Caller, form: dict[str, str], grant: str, error: str) -> None:
    more = {"grant_type": grant, "username": "alice", "password": "x", "device_code": "x"}
    assert error_of(probe.post(TOKEN, form | more)) == error
    assert nothing_was_given()


@pytest.mark.parametrize("missing", ["code", "grant_type", "code_verifier"])
def test_a_parameter_that_is_missing_makes_the_request_invalid(
    probe: Caller, form: dict[str, str], missing: str
) -> None:
    rest = {name: value for name, value in form.items() if name != missing}
    assert error_of(probe.post(TOKEN, rest)) == "invalid_request"
    assert error_of(probe.post(TOKEN, form | {missing: ""})) == "invalid_request"
    assert probe.exchange(form)


@pytest.mark.parametrize(
    "twice", ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "resource", "scope", "unknown"]
)
def test_a_parameter_that_stands_twice_makes_the_request_invalid(
    probe: Caller, form: dict[str, str], twice: str
) -> None:
    value = form.get(twice, "http://testserver")
    pairs = [*form.items(), (twice, value)] + ([] if twice in form else [(twice, value)])
    name = probe.application.client_id
    assert error_of(post(TOKEN, pairs, authorization=basic(name, str(probe.secret)))) == "invalid_request"
    assert nothing_was_given()


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("http://testserver", None),
        ("http://testserver/mcp", None),
        ("http://testserver/", "invalid_target"),
        ("https://elsewhere.example/mcp", "invalid_target"),
        ("x", "invalid_target"),
    ],
)
def test_a_resource_is_one_of_this_store(probe: Caller, form: dict[str, str], resource: str, error: str | None) -> None:
    answer = probe.post(TOKEN, form | {"resource": resource})
    assert (error is None and answer.status_code == 200) or error_of(answer) == error
    assert nothing_was_given() is (error is not None)


BODIES: dict[str, tuple[bytes, str]] = {
    "JSON": (b'{"grant_type": "authorization_code"}', "application/json"),
    "JSON that says it is a form": (b'{"grant_type": "refresh_token"}', "application/x-www-form-urlencoded"),
    "multipart": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    "text": (b"grant_type=refresh_token", "text/plain"),
    "no type": (b"grant_type=refresh_token", ""),
    "another charset": (b"grant_type=refresh_token", "application/x-www-form-urlencoded; charset=utf-16"),
    "bad UTF-8 escaped": (b"grant_type=refresh_token&refresh_token=%ff", "application/x-www-form-urlencoded"),
    "bad UTF-8": (b"grant_type=refresh_token&refresh_token=\xff", "application/x-www-form-urlencoded"),
    "a lone surrogate": (b"grant_type=%ed%a0%80", "application/x-www-form-urlencoded"),
    "NUL": (b"grant_type=refresh_token&refresh_token=a%00b", "application/x-www-form-urlencoded"),
    "too large": (b"grant_type=" + b"a" * MAX_FORM, "application/x-www-form-urlencoded"),
    "much too large": (b"grant_type=" + b"a" * 500_000, "application/x-www-form-urlencoded"),
    "too many": (b"&".join(b"p%d=1" % n for n in range(60)), "application/x-www-form-urlencoded"),
    "nothing": (b"", "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_small_form_makes_the_request_invalid(db: None, path: str, body: bytes, kind: str) -> None:
    is_form_without_client = path == DEVICE and body.startswith(b"{") and kind == FORM
    expected = "invalid_client" if is_form_without_client else "invalid_request"
    assert error_of(post(path, body, content_type=kind)) == expected


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
def test_other_methods_than_post_are_405(db: None, path: str, method: str) -> None:
    answer = Client(SERVER_NAME="testserver").generic(method, path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ENDPOINTS)
def test_parameters_in_the_address_are_refused(probe: Caller, path: str) -> None:
    assert error_of(probe.post(f"{path}?client_id=x", {"token": "x"})) == "invalid_request"


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_host_that_is_not_ours_is_refused(probe: Caller, path: str) -> None:
    assert error_of(probe.post(path, {"token": "x"}, HTTP_HOST="evil.example")) == "invalid_request"


def test_a_refusal_never_repeats_what_was_sent(probe: Caller, form: dict[str, str]) -> None:
    canary = "canary-in-the-form"
    for name in (*form, "client_secret", "refresh_token", "device_code", "scope", "resource"):
        answer = probe.post(TOKEN, form | {name: canary})
        assert canary not in answer.content.decode(), name
        assert canary not in json.dumps(dict(answer.headers)), name


def test_no_csrf_token_is_asked_for_and_no_cookie_is_set(probe: Caller, form: dict[str, str]) -> None:
    answer = Client(SERVER_NAME="testserver", enforce_csrf_checks=True).generic(
        "POST",
        TOKEN,
        urlencode(form),
        FORM,
        HTTP_AUTHORIZATION=basic(probe.application.client_id, str(probe.secret)),
        HTTP_COOKIE="sessionid=x; csrftoken=y",
    )
    assert answer.status_code == 200
    assert not answer.cookies
