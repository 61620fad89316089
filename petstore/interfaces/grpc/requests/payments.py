"""Requests to pay, in the words of REST's body (contract, Payments; gRPC). What is read here is never written down."""

from typing import Any

from django.views.decorators.debug import sensitive_variables

from payments import bank_accounts, cards
from petstore.interfaces.grpc.enum_words import BANK_ACCOUNT_TYPE
from petstore.interfaces.grpc.field_names import Rename
from petstore.interfaces.grpc.requests.values import keep_given_values
from petstore.interfaces.grpc.stubs import orders_pb2, payments_pb2

SOURCE = "source"


@sensitive_variables()
def describe_new_payment(request: orders_pb2.PayOrderRequest) -> dict[str, Any]:
    """Return a payment to make as REST's body has it."""
    asked = {
        "amount": request.amount or None,
        "currency": request.currency or None,
        "source": _describe_source(request),
    }
    return keep_given_values(asked)


def name_payment_fields(request: orders_pb2.PayOrderRequest) -> Rename:
    """Return what names the fields of a payment within its request, where the source is a card or a bank account."""
    given = request.WhichOneof(SOURCE) or SOURCE

    def name_payment_field(name: str) -> str:
        place, _, inner = name.partition(".")
        return f"{given}.{inner}".rstrip(".") if place == SOURCE else name

    return name_payment_field


@sensitive_variables()
def _describe_source(request: orders_pb2.PayOrderRequest) -> dict[str, Any] | None:
    given = request.WhichOneof(SOURCE)
    if given is None:
        return None
    return _describe_card(request.card) if given == "card" else _describe_bank_account(request.bank_account)


@sensitive_variables()
def _describe_card(card: payments_pb2.Card) -> dict[str, Any]:
    has_address = card.HasField("billing_address")
    described: dict[str, Any] = {
        "object": cards.OBJECT,
        "name": card.name or None,
        "number": card.number or None,
        "cvc": card.cvc or None,
        "expMonth": card.exp_month,
        "expYear": card.exp_year,
        "billingAddress": _describe_billing_address(card.billing_address) if has_address else None,
    }
    return keep_given_values(described)


@sensitive_variables()
def _describe_billing_address(address: payments_pb2.BillingAddress) -> dict[str, Any]:
    described = {
        "line1": address.line1 or None,
        "line2": address.line2 or None,
        "city": address.city or None,
        "state": address.state or None,
        "postalCode": address.postal_code or None,
        "country": address.country or None,
    }
    return keep_given_values(described)


@sensitive_variables()
def _describe_bank_account(account: payments_pb2.BankAccount) -> dict[str, Any]:
    described = {
        "object": bank_accounts.OBJECT,
        "accountHolderName": account.account_holder_name or None,
        "accountNumber": account.account_number or None,
        "routingNumber": account.routing_number or None,
        "accountType": BANK_ACCOUNT_TYPE.describe_number(account.account_type),
    }
    return keep_given_values(described)
