import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PaymentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYMENT_STATUS_UNSPECIFIED: _ClassVar[PaymentStatus]
    PAYMENT_STATUS_PENDING: _ClassVar[PaymentStatus]
    PAYMENT_STATUS_PROCESSING: _ClassVar[PaymentStatus]
    PAYMENT_STATUS_SUCCEEDED: _ClassVar[PaymentStatus]
    PAYMENT_STATUS_FAILED: _ClassVar[PaymentStatus]
    PAYMENT_STATUS_CANCELLED: _ClassVar[PaymentStatus]
    PAYMENT_STATUS_REFUNDED: _ClassVar[PaymentStatus]

class BankAccountType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BANK_ACCOUNT_TYPE_UNSPECIFIED: _ClassVar[BankAccountType]
    BANK_ACCOUNT_TYPE_CHECKING: _ClassVar[BankAccountType]
    BANK_ACCOUNT_TYPE_SAVINGS: _ClassVar[BankAccountType]
PAYMENT_STATUS_UNSPECIFIED: PaymentStatus
PAYMENT_STATUS_PENDING: PaymentStatus
PAYMENT_STATUS_PROCESSING: PaymentStatus
PAYMENT_STATUS_SUCCEEDED: PaymentStatus
PAYMENT_STATUS_FAILED: PaymentStatus
PAYMENT_STATUS_CANCELLED: PaymentStatus
PAYMENT_STATUS_REFUNDED: PaymentStatus
BANK_ACCOUNT_TYPE_UNSPECIFIED: BankAccountType
BANK_ACCOUNT_TYPE_CHECKING: BankAccountType
BANK_ACCOUNT_TYPE_SAVINGS: BankAccountType

class Payment(_message.Message):
    __slots__ = ("id", "amount", "currency", "card", "bank_account", "status", "created_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    BANK_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    amount: str
    currency: str
    card: Card
    bank_account: BankAccount
    status: PaymentStatus
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., amount: _Optional[str] = ..., currency: _Optional[str] = ..., card: _Optional[_Union[Card, _Mapping]] = ..., bank_account: _Optional[_Union[BankAccount, _Mapping]] = ..., status: _Optional[_Union[PaymentStatus, str]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Card(_message.Message):
    __slots__ = ("name", "number", "cvc", "exp_month", "exp_year", "billing_address", "brand", "last4")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CVC_FIELD_NUMBER: _ClassVar[int]
    EXP_MONTH_FIELD_NUMBER: _ClassVar[int]
    EXP_YEAR_FIELD_NUMBER: _ClassVar[int]
    BILLING_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    LAST4_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: str
    cvc: str
    exp_month: int
    exp_year: int
    billing_address: BillingAddress
    brand: str
    last4: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[str] = ..., cvc: _Optional[str] = ..., exp_month: _Optional[int] = ..., exp_year: _Optional[int] = ..., billing_address: _Optional[_Union[BillingAddress, _Mapping]] = ..., brand: _Optional[str] = ..., last4: _Optional[str] = ...) -> None: ...

class BillingAddress(_message.Message):
    __slots__ = ("line1", "line2", "city", "state", "postal_code", "country")
    LINE1_FIELD_NUMBER: _ClassVar[int]
    LINE2_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    POSTAL_CODE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    line1: str
    line2: str
    city: str
    state: str
    postal_code: str
    country: str
    def __init__(self, line1: _Optional[str] = ..., line2: _Optional[str] = ..., city: _Optional[str] = ..., state: _Optional[str] = ..., postal_code: _Optional[str] = ..., country: _Optional[str] = ...) -> None: ...

class BankAccount(_message.Message):
    __slots__ = ("account_holder_name", "account_number", "routing_number", "account_type", "bank_name", "last4")
    ACCOUNT_HOLDER_NAME_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ROUTING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_TYPE_FIELD_NUMBER: _ClassVar[int]
    BANK_NAME_FIELD_NUMBER: _ClassVar[int]
    LAST4_FIELD_NUMBER: _ClassVar[int]
    account_holder_name: str
    account_number: str
    routing_number: str
    account_type: BankAccountType
    bank_name: str
    last4: str
    def __init__(self, account_holder_name: _Optional[str] = ..., account_number: _Optional[str] = ..., routing_number: _Optional[str] = ..., account_type: _Optional[_Union[BankAccountType, str]] = ..., bank_name: _Optional[str] = ..., last4: _Optional[str] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("receipt_id", "receipt_url", "generated_at")
    RECEIPT_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_URL_FIELD_NUMBER: _ClassVar[int]
    GENERATED_AT_FIELD_NUMBER: _ClassVar[int]
    receipt_id: str
    receipt_url: str
    generated_at: _timestamp_pb2.Timestamp
    def __init__(self, receipt_id: _Optional[str] = ..., receipt_url: _Optional[str] = ..., generated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
