"""Payments as every protocol takes and shows them (contract, Payments)."""

from typing import ClassVar

from payments.models import Payment
from payments.services.payment import CURRENCIES
from petstore.interfaces.representation.fields import AmountField, CurrencyField, EnumField, IdField, TimestampField
from petstore.interfaces.representation.payment_sources import SourceInput, SourceOutput
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer


class PaymentOutput(OutputSerializer):
    """One attempt to pay an order."""

    id = IdField()
    amount = AmountField()
    currency = CurrencyField()
    source = SourceOutput()  # type: ignore[assignment]  # the contract's name, and one of DRF's
    status = EnumField(choices=Payment.Status.values)
    createdAt = TimestampField(source="created_at")

    class Meta:
        ref_name = "OrderPayment"


class PaymentInput(InputSerializer):
    """A payment to make. Amount and currency must be the order's."""

    ignored: ClassVar[frozenset[str]] = frozenset(PaymentOutput().fields)

    amount = AmountField()
    currency = EnumField(choices=CURRENCIES)
    source = SourceInput()  # type: ignore[assignment]  # the contract's name, and one of DRF's

    class Meta:
        ref_name = "NewOrderPayment"
