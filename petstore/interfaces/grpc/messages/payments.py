"""Payments as messages, made of what REST represents, which has no secret of a card (contract, OrderPayment; gRPC)."""

from collections.abc import Mapping
from typing import Any

from payments import cards
from petstore.interfaces.grpc.enum_words import BANK_ACCOUNT_TYPE, PAYMENT_STATUS
from petstore.interfaces.grpc.messages.timestamps import parse_timestamp
from petstore.interfaces.grpc.stubs import payments_pb2

JSON = Mapping[str, Any]


def build_payment(represented: JSON) -> payments_pb2.Payment:
    """Build the message of a payment as it was represented in JSON."""
    source = represented["source"]
    is_card = source["object"] == cards.OBJECT
    return payments_pb2.Payment(
        id=represented["id"],
        amount=represented["amount"],
        currency=represented["currency"],
        card=_build_card(source) if is_card else None,
        bank_account=None if is_card else _build_bank_account(source),
        status=PAYMENT_STATUS.numbers[represented["status"]],
        created_at=parse_timestamp(represented["createdAt"]),
    )


def build_receipt(represented: JSON) -> payments_pb2.Receipt:
    """Build the message of the receipt that an event has."""
    return payments_pb2.Receipt(
        receipt_id=represented["receiptId"],
        receipt_url=represented["receiptUrl"],
        generated_at=parse_timestamp(represented["generatedAt"]),
    )


def _build_card(source: JSON) -> payments_pb2.Card:
    address = source["billingAddress"]
    return payments_pb2.Card(
        name=source["name"],
        number=source["number"],
        exp_month=source["expMonth"],
        exp_year=source["expYear"],
        brand=source["brand"],
        last4=source["last4"],
        billing_address=_build_billing_address(address) if address else None,
    )


def _build_billing_address(address: JSON) -> payments_pb2.BillingAddress:
    return payments_pb2.BillingAddress(
        city=address["city"],
        state=address["state"],
        postal_code=address["postalCode"],
        country=address["country"],
    )


def _build_bank_account(source: JSON) -> payments_pb2.BankAccount:
    return payments_pb2.BankAccount(
        account_holder_name=source["accountHolderName"],
        account_number=source["accountNumber"],
        account_type=BANK_ACCOUNT_TYPE.numbers[source["accountType"]],
        bank_name=source["bankName"],
        last4=source["last4"],
    )
