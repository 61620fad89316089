"""Erasure of payers: the part of the right to be forgotten that is about payments (guarantees, G22)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F

from kernel import clock
from payments.models import Payment
from payments.sources import without_payer


def erase_payers(order_ids: Collection[UUID]) -> list[UUID]:
    """Erase the payer's name and address from all payments of these orders; call it in a transaction.

    Brand, last four digits and amounts stay, as bookkeeping needs them.

    Returns:
        The ids of the payments.
    """
    at, payment_ids = clock.now(), []
    for payment in Payment.objects.select_for_update(of=("self",)).filter(order_id__in=order_ids).order_by("id"):
        payment_ids.append(payment.pk)
        source = without_payer(payment.source)
        if source != payment.source:
            Payment.objects.filter(pk=payment.pk).update(source=source, version=F("version") + 1, updated_at=at)
    return payment_ids


def strip_payer_from_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a stored answer to a payment without the payer's name and address."""
    return answer | {"source": without_payer(answer["source"])} if "source" in answer else answer
