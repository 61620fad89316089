"""A person who follows every link sees nothing of another tenant."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.db.models import CharField, FileField, Model, TextField, UUIDField

from accounts.models import Membership, User
from chat.models import Room, RoomMessage
from events.models import AuditEvent
from orders.models import Order
from payments.models import Payment
from pets.models import Pet, PetPhoto
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.backoffice.crawler import crawl_pages, text_in
from tests.backoffice.screens import Screen
from tests.factories import PetFactory
from tests.tenants.catalogue import MODELS
from webhooks.models import Delivery, Endpoint

SHOWN = (Tenant, User, Pet, PetPhoto, Order, Payment, Endpoint, Delivery, AuditEvent, Membership, Room, RoomMessage)
"""What staff can see of their own tenants on one page or another."""

SHORTEST = 6
END = 12
"""So much of an id's end our pages show."""

Canaries = dict[type[Model], set[str]]
KINDS = ("changelist", "change/", "command/", "history/", "receipt/", "autocomplete/?", "jsi18n", "?")


@pytest.fixture
def rex(acme: Tenant) -> Pet:
    return PetFactory.create(tenant=acme, name="Rex the first", photos=("https://acme.example/rex.jpg",))


@pytest.fixture
def mia(globex: Tenant) -> Pet:
    return PetFactory.create(tenant=globex, name="Mia of Globex", photos=("https://globex.example/mia.jpg",))


@pytest.fixture
def both_shops(
    delivery: Delivery,
    payment: Payment,
    room: Room,
    foreign_delivery: Delivery,
    foreign_payment: Payment,
    foreign_room: Room,
    sam: User,
    gina: User,
) -> None:
    """Acme and globex have a row of everything."""


def collect_canaries(tenant: Tenant) -> Canaries:
    """Return what would betray the tenant's rows: ids, and every text too long to appear by accident."""
    with all_tenants(reason="the test looks at what could leak"):
        found = {model: _told_by(model.objects.filter(tenant=tenant)) for model in MODELS}
    return found | {Tenant: {str(tenant.pk)[-END:], tenant.name, tenant.slug}}


def _told_by(rows: Iterable[Any]) -> set[str]:
    return {text for row in rows for text in _long_texts(row) if len(text) >= SHORTEST}


def _long_texts(row: Any) -> Iterable[str]:
    for field in row._meta.concrete_fields:
        value = field.value_from_object(row)
        if field.name != "tenant" and value and not field.choices:
            if isinstance(field.target_field if field.is_relation else field, UUIDField):
                yield str(value)[-END:]
            elif isinstance(field, CharField | TextField | FileField):
                yield str(value)


def met_in(told: str, canaries: Canaries) -> Canaries:
    return {model: {text for text in texts if text in told} for model, texts in canaries.items()}


def secret_of(globex: Tenant, acme: Tenant) -> Canaries:
    """Globex's canaries that are not acme's as well."""
    known = set[str]().union(*collect_canaries(acme).values())
    return {model: texts - known for model, texts in collect_canaries(globex).items()}


@pytest.mark.usefixtures("both_shops")
def test_staff_meet_rows_of_their_own_and_nothing_of_another_tenant(sams: Screen, acme: Tenant, globex: Tenant) -> None:
    answers = dict(crawl_pages(sams))
    assert {answer.status_code for answer in answers.values()} <= {200, 302, 403, 404, 405}
    assert [kind for kind in KINDS if not any(kind in address for address in answers)] == []
    told, secrets = " ".join(map(text_in, answers.values())), secret_of(globex, acme)
    assert [model for model in SHOWN if not met_in(told, collect_canaries(acme))[model]] == []
    assert [model for model in SHOWN if not secrets[model]] == []
    assert {model: met for model, met in met_in(told, secrets).items() if met} == {}


@pytest.mark.any_database
@pytest.mark.usefixtures("both_shops")
def test_without_the_scope_the_same_clicks_meet_every_kind_of_row(
    sams: Screen, acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "petstore.interfaces.backoffice.scopes.member_scope", lambda _ids: all_tenants(reason="the walls are down")
    )
    told = " ".join(text_in(answer) for _, answer in crawl_pages(sams))
    met = met_in(told, secret_of(globex, acme))
    assert [model for model in SHOWN if not met[model]] == []
