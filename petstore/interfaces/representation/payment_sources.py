"""Payment sources as every protocol takes and shows them (contract, Payments): the domain reads and validates them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from kernel import clock
from kernel.errors import Invalid
from payments import bank_accounts, billing_address, cards
from payments.bank_accounts import AccountType
from payments.cards import Brand
from payments.sources import Source, parse_source
from petstore.interfaces.representation.fields import (
    BlankTextField,
    EnumField,
    RepresentValue,
    TextField,
    WholeNumberField,
)
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer

_SOURCE = "source"


class BillingAddressOutput(OutputSerializer):
    """A billing address without its lines."""

    city = TextField()
    state = TextField(allow_null=True)
    postalCode = TextField()
    country = TextField()

    class Meta:
        ref_name = "ShownBillingAddress"


class CardOutput(OutputSerializer):
    """A card as it is stored and shown: masked."""

    object = EnumField(choices=[cards.OBJECT])
    name = TextField()
    number = TextField(help_text="Masked but for its last four digits.")
    expMonth = WholeNumberField(min_value=1, max_value=12)
    expYear = WholeNumberField()
    brand = EnumField(choices=list(Brand))
    last4 = TextField()
    billingAddress = BillingAddressOutput(allow_null=True)

    class Meta:
        ref_name = "BankCard"


class BankAccountOutput(OutputSerializer):
    """A bank account as it is stored and shown: masked."""

    object = EnumField(choices=[bank_accounts.OBJECT])
    accountHolderName = TextField()
    accountNumber = TextField(help_text="Masked; of a short number at most half is shown.")
    accountType = EnumField(choices=list(AccountType))
    bankName = TextField()
    last4 = TextField()

    class Meta:
        ref_name = "BankAccount"


def _described_by(pattern: str, **described: Any) -> serializers.RegexField:
    """Build a field of texts that the whole pattern matches."""
    return serializers.RegexField(f"^{pattern}$", **described)


class BillingAddressInput(InputSerializer):
    """A billing address."""

    line1 = TextField(max_length=billing_address.MAX_LINE)
    line2 = BlankTextField(max_length=billing_address.MAX_LINE)
    city = TextField(max_length=billing_address.MAX_LINE)
    state = BlankTextField(max_length=billing_address.MAX_LINE)
    postalCode = TextField(max_length=billing_address.MAX_POSTAL_CODE)
    country = _described_by(billing_address.COUNTRY_PATTERN, help_text="Two letters of ISO 3166.")

    class Meta:
        ref_name = "BillingAddress"


class CardInput(InputSerializer):
    """A card to pay with. Neither its number nor its cvc is stored, logged or shown again."""

    ignored: ClassVar[frozenset[str]] = frozenset(cards.READ_ONLY_FIELDS)

    object = EnumField(choices=[cards.OBJECT])
    name = TextField(max_length=cards.MAX_NAME)
    number = _described_by(cards.NUMBER_PATTERN, help_text="With its check digit (Luhn).")
    cvc = _described_by(cards.CVC_PATTERN, help_text="Four digits for AMEX, else three.")
    expMonth = WholeNumberField(min_value=1, max_value=12)
    expYear = WholeNumberField(
        min_value=cards.MIN_YEAR, max_value=cards.MAX_YEAR, help_text="The card is good to the end of its month."
    )
    billingAddress = BillingAddressInput(required=False, allow_null=True)

    class Meta:
        ref_name = "NewBankCard"


class BankAccountInput(InputSerializer):
    """A bank account in the United States to pay from. Its number is not stored, logged or shown again."""

    ignored: ClassVar[frozenset[str]] = frozenset(bank_accounts.READ_ONLY_FIELDS)

    object = EnumField(choices=[bank_accounts.OBJECT])
    accountHolderName = TextField(max_length=bank_accounts.MAX_HOLDER_NAME)
    accountNumber = _described_by(bank_accounts.ACCOUNT_NUMBER_PATTERN)
    routingNumber = _described_by(bank_accounts.ROUTING_NUMBER_PATTERN, help_text="With its check digit (ABA).")
    accountType = EnumField(choices=list(AccountType))

    class Meta:
        ref_name = "NewBankAccount"


def _describe_alternatives(
    name: str, card: type[serializers.Serializer[Any]], account: type[serializers.Serializer[Any]]
) -> Any:
    return PolymorphicProxySerializer(name, {cards.OBJECT: card, bank_accounts.OBJECT: account}, "object")


def _represent_source(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored source in the order of its description; databases order the keys of JSON in their own way."""
    names = _NAMES[source["object"]]
    address = source.get("billingAddress")
    represented = {name: source[name] for name in names}
    return represented | {"billingAddress": {name: address[name] for name in _ADDRESS}} if address else represented


_NAMES = {cards.OBJECT: tuple(CardOutput().fields), bank_accounts.OBJECT: tuple(BankAccountOutput().fields)}
_ADDRESS = tuple(BillingAddressOutput().fields)


@extend_schema_field(_describe_alternatives("PaymentSource", CardOutput, BankAccountOutput))
class SourceOutput(serializers.Field[Any, Any, Any, Any]):
    """Represents the stored source of a payment."""

    represent_value: ClassVar[RepresentValue] = staticmethod(_represent_source)

    def to_representation(self, value: Any) -> Any:
        return _represent_source(value)


@extend_schema_field(_describe_alternatives("NewPaymentSource", CardInput, BankAccountInput))
class SourceInput(serializers.Field[Source, Any, Any, Any]):
    """Reads a source by the domain's rules; its faults never repeat a value that was given."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Give an object."}

    @sensitive_variables()
    def to_internal_value(self, data: Any) -> Source:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        try:
            return parse_source(data, today=clock.now().date(), path=_SOURCE)
        except Invalid as error:
            raise serializers.ValidationError(_group_faults_by_field(error)) from error


def _group_faults_by_field(error: Invalid) -> dict[str, list[serializers.ErrorDetail]]:
    """Return the faults, each under its field's name within the source."""
    return {
        fault.field.removeprefix(_SOURCE).lstrip(".") or "non_field_errors": [
            serializers.ErrorDetail(fault.message, fault.code)
        ]
        for fault in error.faults
    }
