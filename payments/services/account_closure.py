"""Forgetting a person who has ordered or paid (guarantees, G22)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.services import registration
from accounts.services.account_closure import erase_mentions
from events.erasure import erase_free_text, erase_origins
from events.models import Action, EntityType
from events.services import record_event
from idempotency.erasure import erase_records, redact_records
from kernel import clock
from kernel.actor import Actor
from orders.models import Order
from orders.queries import order_for
from orders.services.account_closure import erase_reasons
from payments.errors import PayerHasAccount
from payments.models import Payment
from payments.sources import without_payer

ORDERS_PER_STATEMENT = 500
"""Orders in one statement."""


def close_account(*, user_id: UUID, actor: Actor, expected_version: int | None = None) -> list[UUID]:
    """Close an account for ever, erase its personal data, and what names the person elsewhere; returns their orders.

    Of payments the brand, the last four digits and the amounts stay, as the books need them.

    Raises:
        What `accounts.services.registration.close_account` raises.
    """
    with transaction.atomic():
        erase_mentions(user_id)
        registration.close_account(user_id=user_id, actor=actor, expected_version=expected_version)
        return erase_person_traces(user_id)


def erase_person_traces(user_id: UUID) -> list[UUID]:
    """Erase what names whoever closed this account of the scope; returns their orders. A second time does no harm."""
    order_ids = list(Order.objects.for_customer(user_id).order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        for start in range(0, len(order_ids), ORDERS_PER_STATEMENT):
            _erase_payers_of_orders(order_ids[start : start + ORDERS_PER_STATEMENT])
        erase_free_text([user_id])
        erase_origins(user_id)
        erase_records(user_id)
    return order_ids


def erase_payer(*, order_id: UUID, actor: Actor) -> None:
    """Erase who has paid an order of the scope without an account, or tried to; the journal knows that it was done.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, OrderNotFound
        PayerHasAccount: the order is a user's, whose account is to be closed instead.
    """
    actor.require_admin()
    at = clock.now()
    actor.require_fresh_proof(at)
    if order_for(order_id, actor=actor).user_id is not None:
        raise PayerHasAccount
    with transaction.atomic():
        record_event(Action.PAYER_ERASED, entity_type=EntityType.ORDERS, entity_id=order_id, actor=actor, at=at)
        erase_payer_traces(order_id)


def erase_payer_traces(order_id: UUID) -> None:
    """Erase what names whoever has paid this order of the scope. A second time does no harm."""
    with transaction.atomic():
        _erase_payers_of_orders([order_id])


def _erase_payers_of_orders(order_ids: Collection[UUID]) -> None:
    """In payments, in stored answers, in the orders' histories and in the journal."""
    at, payment_ids = clock.now(), []
    for payment in Payment.objects.select_for_update(of=("self",)).filter(order_id__in=order_ids).order_by("id"):
        payment_ids.append(payment.pk)
        source = without_payer(payment.source)
        if source != payment.source:
            Payment.objects.filter(pk=payment.pk).update(source=source, version=F("version") + 1, updated_at=at)
    erase_reasons(order_ids)
    redact_records([*order_ids, *payment_ids], _strip_payer_from_answer)
    erase_free_text([*order_ids, *payment_ids])


def _strip_payer_from_answer(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"source": without_payer(answer["source"])} if "source" in answer else answer
