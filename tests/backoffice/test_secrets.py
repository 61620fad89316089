"""Secrets of webhooks: shown when they are made, or on demand, and nowhere else."""

import re

import pytest

from accounts.models import User
from events.models import Action, AuditEvent
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.backoffice.screens import Page, Screen, reload_row, rows_on, screen_of, text_of
from tests.snapshots import snapshot
from webhooks.models import Delivery, Endpoint
from webhooks.signatures import derive_callback_secret

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


def secrets_on(page: Page) -> list[str]:
    return SECRET.findall(text_of(page))


def rotate_secret_of(screen: Screen, endpoint: Endpoint) -> Page:
    return screen.fill("webhooks_endpoint_command", endpoint.pk, "rotate", version=endpoint.version)


def places_of_secret(endpoint: Endpoint, delivery: Delivery, tenant: Tenant) -> list[tuple[str, tuple[object, ...]]]:
    """Every page that tells of an endpoint, a delivery or their tenant."""
    one, other, shop = (endpoint.pk,), (delivery.pk,), (tenant.pk,)
    commands = [("webhooks_endpoint_command", (*one, name)) for name in ("test", "pause", "resume", "rotate")]
    return [
        *((f"webhooks_{name}_changelist", ()) for name in ("endpoint", "delivery")),
        *((f"webhooks_endpoint_{name}", one) for name in ("change", "delete", "history")),
        ("webhooks_delivery_change", other),
        *commands,
        ("webhooks_endpoint_add", ()),
        ("webhooks_delivery_command", (*other, "redeliver")),
        ("orders_order_change", (delivery.ordering_key,)),
        ("tenants_tenant_change", shop),
        ("tenants_tenant_command", (*shop, "callback_secret")),
        ("tenants_tenant_changelist", ()),
        ("events_auditevent_changelist", ()),
        ("index", ()),
    ]


def test_a_new_endpoints_secret_is_shown_to_whoever_made_it(acme: Tenant, sams: Screen) -> None:
    values = {"store": acme.pk, "url": "https://shop.example/new", "events": ["payment.failed"]}
    page = sams.fill("webhooks_endpoint_add", **values)
    (endpoint,) = rows_on(sams.open("webhooks_endpoint_changelist"))
    assert secrets_on(page) == [endpoint.secret]


def test_a_new_secret_is_shown_and_the_old_one_is_not(endpoint: Endpoint, sams: Screen) -> None:
    page = rotate_secret_of(sams, endpoint)
    row = reload_row(endpoint)
    assert secrets_on(page) == [row.secret]
    assert (row.secret != endpoint.secret, row.previous_secret) == (True, endpoint.secret)


def test_a_page_with_a_secret_is_kept_by_no_cache_and_no_cookie(endpoint: Endpoint, sams: Screen) -> None:
    page = rotate_secret_of(sams, endpoint)
    assert "no-store" in page.headers["Cache-Control"]
    assert "whsec_" not in str(page.cookies) + str(sams.cookies)


def test_asking_for_a_new_secret_shows_and_changes_none(endpoint: Endpoint, sams: Screen) -> None:
    before = snapshot()
    page = sams.open("webhooks_endpoint_command", endpoint.pk, "rotate")
    assert secrets_on(page) == []
    assert snapshot() == before


def test_no_secret_is_on_any_page_afterwards(
    endpoint: Endpoint, delivery: Delivery, acme: Tenant, sams: Screen, roots: Screen
) -> None:
    assert len(secrets_on(rotate_secret_of(sams, endpoint))) == 1
    with all_tenants(reason="the test reads the journal page by page"):
        entries = [("events_auditevent_change", (pk,)) for pk in AuditEvent.objects.values_list("pk", flat=True)]
    for screen in (sams, roots):
        for name, args in places_of_secret(endpoint, delivery, acme) + entries:
            page = screen.open(name, *args)
            assert page.status_code == 200
            assert "whsec_" not in text_of(page), name


@pytest.mark.parametrize(
    ("place", "query"),
    [
        ("webhooks/endpoint", "secret__startswith=whsec_"),
        ("webhooks/endpoint", "previous_secret__gt=w"),
        ("webhooks/delivery", "endpoint__secret__startswith=whsec_"),
        ("accounts/user", "password__startswith=argon2"),
        ("accounts/user", "token_version=0"),
    ],
)
def test_a_filter_does_not_help_to_guess_what_no_page_shows(
    delivery: Delivery, alice: User, roots: Screen, place: str, query: str
) -> None:
    assert roots.get(f"/admin/{place}/?{query}").status_code == 400


def test_a_search_does_not_either(endpoint: Endpoint, sams: Screen) -> None:
    assert rows_on(sams.open("webhooks_endpoint_changelist", q=endpoint.secret[:12])) == []


def test_staff_see_the_secret_of_their_tenants_callbacks_on_demand(acme: Tenant, sams: Screen) -> None:
    assert "/command/callback_secret/" in text_of(sams.open("tenants_tenant_change", acme.pk))
    page = sams.fill("tenants_tenant_command", acme.pk, "callback_secret")
    assert secrets_on(page) == [derive_callback_secret(acme.pk)]
    assert "no-store" in page.headers["Cache-Control"]


def test_the_journal_knows_who_has_seen_it_and_not_what(acme: Tenant, sam: User, sams: Screen) -> None:
    sams.fill("tenants_tenant_command", acme.pk, "callback_secret")
    with tenant_scope(acme.id):
        entry = AuditEvent.objects.get(action=Action.SECRET_REVEALED)
    assert (entry.actor_id, entry.entity_type, entry.details) == (sam.id, "WEBHOOKS", {"secret": "of callbacks"})


def test_each_tenant_has_a_secret_of_its_own(acme: Tenant, globex: Tenant, gina: User, sams: Screen) -> None:
    pages = [
        sams.fill("tenants_tenant_command", acme.pk, "callback_secret"),
        screen_of(gina).fill("tenants_tenant_command", globex.pk, "callback_secret"),
    ]
    assert len({secret for page in pages for secret in secrets_on(page)}) == 2


def test_no_list_offers_secrets_in_bulk(acme: Tenant, endpoint: Endpoint, roots: Screen) -> None:
    lists = {"tenants_tenant": "callback_secret", "webhooks_endpoint": "rotate"}
    for model, command in lists.items():
        assert f'value="{command}"' not in text_of(roots.open(f"{model}_changelist"))
    before = snapshot()
    roots.tick([endpoint], "rotate", confirmed="yes")
    assert snapshot() == before
