"""The authorization endpoint below its page: what is asked for, what is refused, and where the answer goes."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import RequestFactory

from accounts.models import User
from applications.models import Application, AuthorizationCode
from applications.services.consents import grant_consent
from petstore.interfaces.oauth.authorization import (
    AuthorizationRefused,
    AuthorizationRequest,
    UnsafeAuthorization,
    allow_authorization,
    deny_authorization,
    read_authorization_request,
)
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import CALLBACK, register
from tests.oauth.granting import CHALLENGE, actor_of

ISSUER = "http://testserver"


@pytest.fixture(autouse=True)
def served_here(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def probe(acme: Tenant) -> Application:
    return register(acme).application


def asked_of(application: Application, **changed: str | None) -> dict[str, str]:
    values: dict[str, str | None] = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "scope": "read:pets read:orders",
        "state": "s-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (values | changed).items() if value is not None}


def read(query: str | dict[str, str]) -> AuthorizationRequest:
    text = query if isinstance(query, str) else urlencode(query)
    return read_authorization_request(RequestFactory().get(f"/oauth/authorize?{text}"))


def told(location: str) -> dict[str, str]:
    """The parameters of an answer, each of which stands once."""
    found = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def refusal(query: str | dict[str, str]) -> dict[str, str]:
    with pytest.raises(AuthorizationRefused) as refused:
        read(query)
    assert refused.value.location.startswith(f"{CALLBACK}?")
    return told(refused.value.location)


def test_a_request_names_its_application_and_what_it_asks_for(probe: Application) -> None:
    asked = read(asked_of(probe))
    assert (asked.application, asked.scopes, asked.redirect_uri) == (probe, ("read:pets", "read:orders"), CALLBACK)
    assert (asked.state, asked.prompt, asked.issuer) == ("s-1", None, ISSUER)


def test_the_only_redirect_uri_may_be_left_out_and_the_code_remembers_it(probe: Application, alice: User) -> None:
    asked = read(asked_of(probe, redirect_uri=None))
    assert asked.redirect_uri == CALLBACK
    with tenant_scope(probe.tenant_id):
        grant_consent(application=probe, user=alice, scopes=asked.scopes, actor=actor_of(alice))
        location = allow_authorization(asked, user=alice, scopes=asked.scopes, actor=actor_of(alice))
        assert location.startswith(f"{CALLBACK}?")
        assert AuthorizationCode.objects.get().redirect_uri == ""


def test_a_code_goes_back_with_state_and_issuer_and_is_stored_as_a_digest(probe: Application, alice: User) -> None:
    asked = read(asked_of(probe))
    with tenant_scope(probe.tenant_id):
        grant_consent(application=probe, user=alice, scopes=asked.scopes, actor=actor_of(alice))
        answer = told(allow_authorization(asked, user=alice, scopes=asked.scopes, actor=actor_of(alice)))
        stored = AuthorizationCode.objects.get()
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("s-1", ISSUER)
    assert answer["code"] not in repr(vars(stored))
    assert (stored.code_challenge, stored.scopes, stored.redirect_uri) == (CHALLENGE, list(asked.scopes), CALLBACK)


def test_no_code_without_a_consent(probe: Application, alice: User) -> None:
    asked = read(asked_of(probe))
    with tenant_scope(probe.tenant_id):
        with pytest.raises(AuthorizationRefused) as refused:
            allow_authorization(asked, user=alice, scopes=asked.scopes, actor=actor_of(alice))
        assert told(refused.value.location)["error"] == "access_denied"
        assert not AuthorizationCode.objects.exists()


def test_a_denial_goes_back_with_state_and_issuer(probe: Application) -> None:
    answer = told(deny_authorization(read(asked_of(probe))))
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "s-1", ISSUER)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "read:pets write:pets"}, "invalid_scope"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1] + "+"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"resource": "https://other.example/"}, "invalid_target"),
        ({"resource": f"{ISSUER}/v1"}, "invalid_target"),
    ],
)
def test_what_is_refused_goes_back_to_the_application(
    probe: Application, changed: dict[str, str | None], error: str
) -> None:
    answer = refusal(asked_of(probe, **changed))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "s-1", ISSUER)


@pytest.mark.parametrize("resource", [ISSUER, f"{ISSUER}/mcp"])
def test_resources_of_the_store_may_be_named(probe: Application, resource: str) -> None:
    assert read(asked_of(probe, resource=resource)).application == probe


@pytest.mark.parametrize("name", ["scope", "response_type", "code_challenge", "resource", "prompt", "unknown"])
def test_a_parameter_that_stands_twice_is_told_to_the_application(probe: Application, name: str) -> None:
    query = urlencode(asked_of(probe)) + f"&{name}=a&{name}=b"
    answer = refusal(query)
    assert (answer["error"], answer["state"]) == ("invalid_request", "s-1")


def test_a_state_that_stands_twice_is_not_sent_back(probe: Application) -> None:
    answer = refusal(urlencode(asked_of(probe)) + "&state=s-2")
    assert answer["error"] == "invalid_request"
    assert "state" not in answer


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": None},
        {"client_id": "nobody-knows-this-application"},
        {"client_id": "with\0nul"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?a=b"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "https://app.example.evil.example/callback"},
        {"redirect_uri": "https://app.example@evil.example/callback"},
        {"redirect_uri": "/callback"},
    ],
)
def test_doubt_about_the_application_or_its_address_sends_nobody_anywhere(
    probe: Application, changed: dict[str, str | None]
) -> None:
    with pytest.raises(UnsafeAuthorization):
        read(asked_of(probe, **changed))


@pytest.mark.parametrize("twice", ["client_id", "redirect_uri"])
def test_an_application_or_address_that_stands_twice_sends_nobody_anywhere(probe: Application, twice: str) -> None:
    query = asked_of(probe)
    with pytest.raises(UnsafeAuthorization):
        read(urlencode([*query.items(), (twice, query[twice])]))


def test_a_paused_application_and_one_of_a_suspended_tenant_are_unknown(probe: Application, acme: Tenant) -> None:
    assert read(asked_of(probe)).application == probe
    acme.status = Tenant.Status.SUSPENDED
    acme.save()
    with pytest.raises(UnsafeAuthorization):
        read(asked_of(probe))
    acme.status = Tenant.Status.ACTIVE
    acme.save()
    with tenant_scope(acme.id):
        Application.objects.update(status=Application.Status.PAUSED)
    with pytest.raises(UnsafeAuthorization):
        read(asked_of(probe))


@pytest.mark.parametrize("query", ["client_id=%ff", "client_id=a%00b", "&".join(f"a{n}=1" for n in range(60))])
def test_a_query_that_cannot_be_read_sends_nobody_anywhere(probe: Application, query: str) -> None:
    with pytest.raises(UnsafeAuthorization):
        read(query)
