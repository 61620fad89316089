"""Who is erased is gone: canary people through every feature, then looked for everywhere (guarantees, G22)."""

from io import StringIO

import pytest
from django.core.management import call_command

from events.hash_chain import find_first_broken_link
from events.models import AuditEvent, ChainLink
from idempotency.models import IdempotencyRecord
from orders.models import OrderTransition
from payments.models import Payment
from petstore.server.purge import run_all_purges
from tenants.scoping import tenant_scope
from tests.erasure.crowd import Crowd
from tests.erasure.places import places


@pytest.mark.django_db(transaction=True)
def test_of_canary_people_nothing_is_left(crowd: Crowd, log: StringIO) -> None:
    crowd.live(accounts=7, payers=3)
    assert crowd.unknown(places(log.getvalue())) == set()
    crowd.erase()
    run_all_purges()
    assert crowd.left(places(log.getvalue())) == {}
    assert find_first_broken_link() is None
    call_command("verify_journal", verbosity=0)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("forgotten", "table"),
    [
        ("erasure.services.erase_mentions_of_user", "accounts_savedfilter"),
        ("payments.services.payer_erasure.without_payer", "payments_payment"),
        ("erasure.services.erase_reasons", "orders_ordertransition"),
        ("erasure.services.redact_stored_responses", "idempotency_idempotencyrecord"),
        ("erasure.services.erase_free_text", "events_auditevent"),
        ("erasure.services.erase_callbacks", "webhooks_delivery"),
        ("erasure.services.erase_callbacks", "webhooks_message"),
        ("erasure.services.erase_user_from_rooms", "chat_roommessage"),
        ("erasure.services.erase_user_from_rooms", "chat_roomreading"),
    ],
)
def test_each_step_is_needed(
    crowd: Crowd, log: StringIO, monkeypatch: pytest.MonkeyPatch, forgotten: str, table: str
) -> None:
    """The controls: without it something is left."""
    crowd.live(accounts=1, payers=1)
    monkeypatch.setattr(forgotten, lambda *given, **_named: given[0] if given else None)
    crowd.erase()
    run_all_purges()
    assert f"table {table}" in set().union(*crowd.left(places(log.getvalue())).values())


def test_what_a_request_under_way_writes_afterwards_goes_with_the_next_purge(crowd: Crowd, log: StringIO) -> None:
    crowd.live(accounts=1, payers=1)
    with tenant_scope(crowd.shop.id):
        answers, payments = list(IdempotencyRecord.objects.all()), list(Payment.objects.all())
    crowd.erase()
    assert crowd.left(places(log.getvalue())) == {}
    with tenant_scope(crowd.shop.id):
        for answer in answers:
            IdempotencyRecord.objects.filter(pk=answer.pk).delete()
            answer.save(force_insert=True)
        for payment in payments:
            Payment.objects.filter(pk=payment.pk).update(source=payment.source)
    assert {"table idempotency_idempotencyrecord", "table payments_payment"} <= set().union(
        *crowd.left(places(log.getvalue())).values()
    )
    run_all_purges()
    assert crowd.left(places(log.getvalue())) == {}


def test_what_happened_and_the_amounts_stay(crowd: Crowd) -> None:
    crowd.live(accounts=1, payers=1)
    with tenant_scope(crowd.shop.id):
        steps = list(OrderTransition.objects.values_list("order_id", "from_status", "to_status", "by", "at"))
        events = list(AuditEvent.objects.values_list("pk", "action", "entity_id", "actor_id", "created_at"))
        amounts = list(Payment.objects.order_by("pk").values_list("pk", "amount", "source__last4", "status"))
        crowd.erase()
        assert list(OrderTransition.objects.values_list("order_id", "from_status", "to_status", "by", "at")) == steps
        assert {*events} <= {*AuditEvent.objects.values_list("pk", "action", "entity_id", "actor_id", "created_at")}
        assert list(Payment.objects.order_by("pk").values_list("pk", "amount", "source__last4", "status")) == amounts
        assert ChainLink.objects.exclude(free_text_digest="").filter(free_text_salt="").exists()
