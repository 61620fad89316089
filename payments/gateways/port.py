"""The port to payment gateways (contract, Payments); each adapter is a module beside this one."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from payments.sources import Source


class Outcome(StrEnum):
    """The outcome of a charge or refund."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    PENDING = "PENDING"


@dataclass(frozen=True, slots=True)
class Charge:
    """The gateway's answer about a charge.

    Attributes:
        outcome: PENDING if the bank has not decided yet: ask again later.
        reference: the gateway's id; blank if it was declined before it had one.
        code: the reason of a decline, such as `card_declined`; at most 64 of a-z, 0-9 and `_`.
    """

    outcome: Outcome
    reference: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """The gateway's answer about a refund; the attributes are those of `Charge`."""

    outcome: Outcome
    reference: str = ""
    code: str = ""


class Gateway(Protocol):
    """Charges and refunds. Every call may go over the network: never call it inside a transaction.

    A key names one charge or one refund, for ever, and is at most 56 of A-Z, a-z, 0-9, `-` and `_`. The same key
    never moves money twice. After a GatewayTimeout nobody may give up or try under another key before the gateway has
    been asked.
    """

    @property
    def name(self) -> str:
        """The gateway's name, as in PAYMENT_GATEWAY."""

    def charge_source(self, *, key: str, amount: Decimal, currency: str, source: Source) -> Charge:
        """Charge the amount to the source.

        Args:
            currency: one of USD EUR GBP CAD AUD.

        Raises:
            GatewayError: the gateway refused to work; this call charged nothing, but an earlier one under the same key
                without an answer may have.
            GatewayTimeout: the customer may have been charged; ask `find_charge`.
        """

    def find_charge(self, *, key: str) -> Charge | None:
        """Return a charge, or None if the gateway does not know it, so that nothing was charged.

        Ask when the call is over and a minute has passed: the gateway does not know of a call that is on its way.

        Raises:
            GatewayTimeout: the outcome is still unknown.
        """

    def refund_charge(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Refund:
        """Refund the amount of a charge that succeeded.

        Args:
            reference: the gateway's id of the charge.

        Raises:
            GatewayError: the gateway refused to work; this call refunded nothing.
            GatewayTimeout: the refund may have been made; ask `find_refund`.
        """

    def find_refund(self, *, key: str, reference: str) -> Refund | None:
        """Return a refund of that charge, or None if the gateway does not know it; otherwise as `find_charge`."""
