"""A web process that is killed while somebody allows something leaves no half-made grant."""

import http.client
import random
import threading
import time
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction

from accounts.models import User
from applications.models import Application, AuthorizationCode, Consent
from events.models import Action, AuditEvent
from petstore.interfaces.oauth.pages.browser_sessions import COOKIE
from tenants.scoping import all_tenants
from tests import processes
from tests.oauth.browsers import Browser, authorize_address
from tests.oauth.granting import allow
from tests.server.server import wait_until
from tests.web_process import mortal_web_process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_store]
KILLS = 2
PATIENCE = 20


def count_grants() -> tuple[int, int, int]:
    """How many consents, codes, and events of consents there are."""
    with all_tenants(reason="test"):
        events = AuditEvent.objects.filter(action=Action.CONSENT_GRANTED)
        return Consent.objects.count(), AuthorizationCode.objects.count(), events.count()


def press_allow(port: int, browser: Browser, address: str) -> None:
    """Send the form, and bear it that nobody answers."""
    cookies = {name: browser.cookies[name].value for name in (COOKIE, "csrftoken")}
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    form = urlencode({"csrfmiddlewaretoken": cookies["csrftoken"], "allow": "1"})
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        caller.request("POST", address, form, headers)
        assert caller.getresponse().status == 302
    except (http.client.HTTPException, OSError):
        pass
    finally:
        caller.close()


def is_code_waiting() -> bool:
    """Whether some process has stored all but the code."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'applications_authorizationcode'::regclass"
        )
        return bool(cursor.fetchone()[0])


def lock_codes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE applications_authorizationcode IN EXCLUSIVE MODE")


def test_a_process_killed_between_consent_and_code_stores_neither(alices: Browser, partner: Application) -> None:
    address = authorize_address(partner)
    alices.get(address)
    with mortal_web_process() as (port, process):
        with transaction.atomic():
            lock_codes()
            clicking = threading.Thread(target=press_allow, args=(port, alices, address))
            clicking.start()
            wait_until(is_code_waiting)
            process.kill()
            process.wait()
        clicking.join()
    assert count_grants() == (0, 0, 0)


def test_in_transactions_of_their_own_the_consent_would_stay_alone(partner: Application, alice: User) -> None:
    """The negative control."""
    with processes.running(allow, partner, alice) as process, transaction.atomic():
        lock_codes()
        wait_until(is_code_waiting)
        process.kill()
        process.wait()
    assert count_grants() == (1, 0, 1)


def test_a_process_that_lives_on_stores_both(alices: Browser, partner: Application) -> None:
    address = authorize_address(partner)
    alices.get(address)
    with mortal_web_process() as (port, _):
        with transaction.atomic():
            lock_codes()
            clicking = threading.Thread(target=press_allow, args=(port, alices, address))
            clicking.start()
            wait_until(is_code_waiting)
        clicking.join()
    assert count_grants() == (1, 1, 1)


def test_whenever_it_is_killed_each_consent_has_its_code(alices: Browser, partner: Application) -> None:
    address = authorize_address(partner)
    alices.get(address)
    for _ in range(KILLS):
        with mortal_web_process() as (port, process):
            press_allow(port, alices, address)
            threading.Timer(random.uniform(0.02, 0.2), process.kill).start()
            while process.poll() is None:
                press_allow(port, alices, address)
                time.sleep(0)
    _, codes, events = count_grants()
    assert codes == events >= KILLS
