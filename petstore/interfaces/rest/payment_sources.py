"""Payment sources over REST (contract, Payments): described by the domain, which reads and validates them."""

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
from petstore.interfaces.rest.fields import BlankText, Enum, RepresentValue, Text, WholeNumber
from petstore.interfaces.rest.serializers import Input, Output

_SOURCE = "source"


class BillingAddressOutput(Output):
    """A billing address without its lines."""

    city = Text()
    state = Text(allow_null=True)
    postalCode = Text()
    country = Text()

    class Meta:
        ref_name = "ShownBillingAddress"


class CardOutput(Output):
    """A card as it is stored and shown: masked."""

    object = Enum(choices=[cards.OBJECT])
    name = Text()
    number = Text(help_text="Masked but for its last four digits.")
    expMonth = WholeNumber(min_value=1, max_value=12)
    expYear = WholeNumber()
    brand = Enum(choices=list(Brand))
    last4 = Text()
    billingAddress = BillingAddressOutput(allow_null=True)

    class Meta:
        ref_name = "BankCard"


class BankAccountOutput(Output):
    """A bank account as it is stored and shown: masked."""

    object = Enum(choices=[bank_accounts.OBJECT])
    accountHolderName = Text()
    accountNumber = Text(help_text="Masked; of a short number at most half is shown.")
    accountType = Enum(choices=list(AccountType))
    bankName = Text()
    last4 = Text()

    class Meta:
        ref_name = "BankAccount"


def _described_by(pattern: str, **described: Any) -> serializers.RegexField:
    """Build a field of texts that the whole pattern matches."""
    return serializers.RegexField(f"^{pattern}$", **described)


class BillingAddressInput(Input):
    """A billing address."""

    line1 = Text(max_length=billing_address.MAX_LINE)
    line2 = BlankText(max_length=billing_address.MAX_LINE)
    city = Text(max_length=billing_address.MAX_LINE)
    state = BlankText(max_length=billing_address.MAX_LINE)
    postalCode = Text(max_length=billing_address.MAX_POSTAL_CODE)
    country = _described_by(billing_address.COUNTRY_PATTERN, help_text="Two letters of ISO 3166.")

    class Meta:
        ref_name = "BillingAddress"


class CardInput(Input):
    """A card to pay with. Neither its number nor its cvc is stored, logged or shown again."""

    ignored: ClassVar[frozenset[str]] = frozenset(cards.READ_ONLY_FIELDS)

    object = Enum(choices=[cards.OBJECT])
    name = Text(max_length=cards.MAX_NAME)
    number = _described_by(cards.NUMBER_PATTERN, help_text="With its check digit (Luhn).")
    cvc = _described_by(cards.CVC_PATTERN, help_text="Four digits for AMEX, else three.")
    expMonth = WholeNumber(min_value=1, max_value=12)
    expYear = WholeNumber(
        min_value=cards.MIN_YEAR, max_value=cards.MAX_YEAR, help_text="The card is good to the end of its month."
    )
    billingAddress = BillingAddressInput(required=False, allow_null=True)

    class Meta:
        ref_name = "NewBankCard"


class BankAccountInput(Input):
    """A bank account in the United States to pay from. Its number is not stored, logged or shown again."""

    ignored: ClassVar[frozenset[str]] = frozenset(bank_accounts.READ_ONLY_FIELDS)

    object = Enum(choices=[bank_accounts.OBJECT])
    accountHolderName = Text(max_length=bank_accounts.MAX_HOLDER_NAME)
    accountNumber = _described_by(bank_accounts.ACCOUNT_NUMBER_PATTERN)
    routingNumber = _described_by(bank_accounts.ROUTING_NUMBER_PATTERN, help_text="With its check digit (ABA).")
    accountType = Enum(choices=list(AccountType))

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
