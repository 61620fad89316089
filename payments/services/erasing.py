"""Forgetting a person who has paid."""

from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.services import registration
from kernel import clock
from kernel.actor import Actor
from payments.models import Payment
from payments.sources import impersonal


def close_account(*, user_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Close an account for ever, erase its personal data, and the payer's name and address on its payments.

    Of those the brand, the last four digits and the amounts stay, as the books need them.

    Raises:
        What `accounts.services.registration.close_account` raises.
    """
    with transaction.atomic():
        registration.close_account(user_id=user_id, actor=actor, expected_version=expected_version)
        at = clock.now()
        for payment in Payment.objects.select_for_update(of=("self",)).filter(order__user_id=user_id).order_by("id"):
            rows = Payment.objects.filter(pk=payment.pk)
            rows.update(source=impersonal(payment.source), version=F("version") + 1, updated_at=at)
