"""Keys are exchanged without ending log-ins, links and callbacks; without the old key among the fallbacks they end."""

import json
import time
from base64 import urlsafe_b64encode

import jwt
import pytest
from pytest_django import Settings
from standardwebhooks import WebhookVerificationError

from accounts.errors import BadResetLink, BadToken
from accounts.models import User
from accounts.queries import authenticate_token_bearer
from accounts.services.passwords import check_reset_token, make_reset_token
from idempotency.services import run_once
from kernel.actor import SYSTEM
from orders.receipt_links import build_receipt_url, find_tenant_of_link
from payments.models import Payment
from petstore.interfaces.http.tokens import ALGORITHM, read_access_token, read_refresh_token
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, screen_of
from tests.backoffice.test_sessions import is_inside
from tests.factories import OrderFactory
from tests.idempotency.callers import ONCE, make_a_pet
from tests.minting import renewed_tokens, tokens_for
from tests.payments.paying import pay
from tests.server.settings_start import strong_key
from tests.webhooks.conftest import sink
from tests.webhooks.delivering import deliver_all_due
from tests.webhooks.sink import Sink
from tests.webhooks.test_callbacks import request_callback
from tests.webhooks.test_signed import verify_request
from webhooks.signatures import derive_callback_secret

__all__ = ["sink"]

both_ways = pytest.mark.parametrize("keeps_old", [True, False], ids=["with a fallback", "without"])


def exchange(settings: Settings, *, keeps_old: bool) -> None:
    """New keys, as a process reads them at its start."""
    for number, name in enumerate(("SECRET_KEY", "JWT_SIGNING_KEY")):
        setattr(settings, f"{name}_FALLBACKS", [getattr(settings, name)] if keeps_old else [])
        setattr(settings, name, strong_key(10 + number))


def is_good(token: str) -> bool:
    try:
        authenticate_token_bearer(read_access_token(token))
    except BadToken:
        return False
    return True


@both_ways
def test_a_log_in_of_the_api(in_acme: Tenant, alice: User, settings: Settings, keeps_old: bool) -> None:
    pair = tokens_for(alice)
    assert is_good(pair.token), "it is remembered by now"
    exchange(settings, keeps_old=keeps_old)
    assert is_good(pair.token) is keeps_old
    if keeps_old:
        assert is_good(renewed_tokens(pair).token)
    else:
        with pytest.raises(BadToken):
            renewed_tokens(pair)


def test_a_token_names_its_key_and_is_verified_with_no_other(in_acme: Tenant, alice: User, settings: Settings) -> None:
    before, old = tokens_for(alice).token, settings.JWT_SIGNING_KEY
    exchange(settings, keeps_old=True)
    after = tokens_for(alice).token
    names = [jwt.get_unverified_header(token)["kid"] for token in (before, after)]
    assert len(set(names)) == 2
    assert is_good(before)
    assert is_good(after)
    payload = jwt.decode(before, options={"verify_signature": False})
    for key, name in ((old, names[1]), (settings.JWT_SIGNING_KEY, names[0]), (old, "unknown")):
        assert not is_good(jwt.encode(payload, key, ALGORITHM, headers={"kid": name}))


@both_ways
def test_a_token_from_before_there_were_names(
    in_acme: Tenant, alice: User, settings: Settings, keeps_old: bool
) -> None:
    payload = jwt.decode(tokens_for(alice).token, options={"verify_signature": False})
    nameless = jwt.encode(payload, settings.JWT_SIGNING_KEY, ALGORITHM)
    assert is_good(nameless)
    exchange(settings, keeps_old=keeps_old)
    assert is_good(nameless) is keeps_old


@pytest.mark.parametrize("kid", [7, None, ["a"], {}, "", "unknown"])
def test_a_name_that_is_none_makes_a_bad_token(in_acme: Tenant, alice: User, kid: object) -> None:
    header = urlsafe_b64encode(json.dumps({"alg": ALGORITHM, "kid": kid}).encode()).decode().rstrip("=")
    token = ".".join([header, *tokens_for(alice).token.split(".")[1:]])
    assert not is_good(token)


@pytest.mark.parametrize(
    ("name", "seconds", "expected"), [("iat", 20, True), ("iat", 45, False), ("nbf", 20, True), ("nbf", 45, False)]
)
def test_the_clock_of_the_issuer_may_be_half_a_minute_ahead(
    in_acme: Tenant, alice: User, settings: Settings, name: str, seconds: int, expected: bool
) -> None:
    pair = tokens_for(alice)
    for token in (pair.token, pair.refresh_token):
        payload = jwt.decode(token, options={"verify_signature": False}) | {name: int(time.time()) + seconds}
        ahead = jwt.encode(payload, settings.JWT_SIGNING_KEY, ALGORITHM)
        read = read_access_token if token == pair.token else read_refresh_token
        if expected:
            assert read(ahead).user_id == alice.id
        else:
            with pytest.raises(BadToken):
                read(ahead)


def test_nobody_lives_longer_for_it(in_acme: Tenant, alice: User, settings: Settings) -> None:
    pair = tokens_for(alice)
    for token, read in ((pair.token, read_access_token), (pair.refresh_token, read_refresh_token)):
        payload = jwt.decode(token, options={"verify_signature": False}) | {"exp": int(time.time()) - 1}
        with pytest.raises(BadToken):
            read(jwt.encode(payload, settings.JWT_SIGNING_KEY, ALGORITHM))


@both_ways
def test_a_log_in_of_the_back_office(sam: User, settings: Settings, keeps_old: bool) -> None:
    screen: Screen = screen_of(sam)
    assert is_inside(screen)
    exchange(settings, keeps_old=keeps_old)
    assert is_inside(screen) is keeps_old


@both_ways
def test_a_link_to_a_new_password(in_acme: Tenant, alice: User, settings: Settings, keeps_old: bool) -> None:
    token = make_reset_token(user_id=alice.pk, actor=SYSTEM)
    exchange(settings, keeps_old=keeps_old)
    if keeps_old:
        assert check_reset_token(user_id=alice.pk, token=token) == alice
    else:
        with pytest.raises(BadResetLink):
            check_reset_token(user_id=alice.pk, token=token)


@both_ways
def test_a_link_to_a_receipt(acme: Tenant, settings: Settings, keeps_old: bool) -> None:
    payment: Payment = pay(OrderFactory.create(tenant=acme))
    key = build_receipt_url(acme.id, payment.id, site="").rpartition("/")[2]
    exchange(settings, keeps_old=keeps_old)
    assert find_tenant_of_link(payment.id, key) == (acme.id if keeps_old else None)
    assert build_receipt_url(acme.id, payment.id, site="").rpartition("/")[2] != key


@both_ways
def test_an_answer_to_an_idempotency_key(pool: Tenant, settings: Settings, keeps_old: bool) -> None:
    """Without the fallback the second request does its work again."""
    with tenant_scope(pool.id):
        first = run_once(ONCE, make_a_pet)
        exchange(settings, keeps_old=keeps_old)
        again = run_once(ONCE, make_a_pet)
    assert (again.is_replay, again.body == first.body) == (keeps_old, keeps_old)


@both_ways
def test_the_signature_of_a_callback(acme: Tenant, sink: Sink, settings: Settings, keeps_old: bool) -> None:
    order = OrderFactory.create(tenant=acme)
    known_to_the_receiver = derive_callback_secret(acme.id)
    exchange(settings, keeps_old=keeps_old)
    request_callback(order, sink.url())
    deliver_all_due()
    assert verify_request(sink.received[0], derive_callback_secret(acme.id))
    if keeps_old:
        assert verify_request(sink.received[0], known_to_the_receiver)
    else:
        with pytest.raises(WebhookVerificationError):
            verify_request(sink.received[0], known_to_the_receiver)
