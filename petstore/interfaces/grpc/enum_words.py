"""The words that REST has for an enum's values, beside the numbers of the protos (contract, Enums; gRPC)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.descriptor import EnumDescriptor

from petstore.interfaces.grpc.stubs import orders_pb2, payments_pb2, pets_pb2

UNSPECIFIED: Final = "UNSPECIFIED"


@dataclass(frozen=True, slots=True)
class EnumWords:
    """The words of an enum beside its numbers.

    Attributes:
        numbers: by their words; the blank, by which the database says that nothing is known, is 0.
    """

    numbers: Mapping[str, Any]
    words: Mapping[int, str]

    def describe_number(self, number: int) -> str | None:
        """Return the word of a number that came in; None for 0, which says that nothing is given.

        A number that this version does not know is returned as text. No enum has such a word, so whoever checks the
        value refuses it, and names the field.
        """
        return self.words.get(number, str(number)) if number else None


def map_enum_words(enum: EnumDescriptor) -> EnumWords:
    """Pair the words with the numbers; the name of the value 0 says which prefix the others may have."""
    prefix = enum.values_by_number[0].name.removesuffix(UNSPECIFIED)
    numbers = {value.name.removeprefix(prefix): value.number for value in enum.values if value.number}
    return EnumWords({"": 0, **numbers}, {number: word for word, number in numbers.items()})


SPECIES: Final = map_enum_words(pets_pb2.Species.DESCRIPTOR)
PET_STATUS: Final = map_enum_words(pets_pb2.Status.DESCRIPTOR)
SIZE: Final = map_enum_words(pets_pb2.Size.DESCRIPTOR)
GENDER: Final = map_enum_words(pets_pb2.Gender.DESCRIPTOR)
ORDER_STATUS: Final = map_enum_words(orders_pb2.OrderStatus.DESCRIPTOR)
PAYMENT_STATUS: Final = map_enum_words(payments_pb2.PaymentStatus.DESCRIPTOR)
BANK_ACCOUNT_TYPE: Final = map_enum_words(payments_pb2.BankAccountType.DESCRIPTOR)
