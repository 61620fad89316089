"""The gateway as `payments` sees it (contract, Payments); adapters stand beside this file."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from payments.sources import Source


class Outcome(StrEnum):
    """What became of the money."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    PENDING = "PENDING"


@dataclass(frozen=True, slots=True)
class Charge:
    """What the gateway says of a charge.

    Attributes:
        outcome: PENDING means that the bank takes its time: ask again later.
        reference: the gateway's name for it; blank where it was declined before it had one.
        code: why it was declined, such as `card_declined`; at most 64 of a-z, 0-9 and `_`.
    """

    outcome: Outcome
    reference: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """What the gateway says of a refund; the attributes are those of a charge."""

    outcome: Outcome
    reference: str = ""
    code: str = ""


class Gateway(Protocol):
    """Who moves the money. Calls go over the network: never inside a transaction.

    A key names one charge or one refund, for ever, and is at most 56 of A-Z, a-z, 0-9, `-` and `_`. The same key
    never moves money twice. After a GatewayTimeout nobody may give up or try under another key before the gateway has
    been asked.
    """

    @property
    def name(self) -> str:
        """Which one it is, as PAYMENT_GATEWAY names it."""

    def charge(self, *, key: str, amount: Decimal, currency: str, source: Source) -> Charge:
        """Take the amount from the source.

        Args:
            currency: one of USD EUR GBP CAD AUD.

        Raises:
            GatewayError: the gateway refused to work; this call charged nothing. An earlier call under the same key,
                whose end nobody saw, may have.
            GatewayTimeout: the customer may have been charged; `find_charge` will tell.
        """

    def find_charge(self, *, key: str) -> Charge | None:
        """What became of a charge; None where the gateway has never heard of it, so that nothing was charged.

        Ask when the call is over and a minute has passed: what is still on its way has not been heard of yet.

        Raises:
            GatewayTimeout: it cannot be told yet.
        """

    def refund(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Refund:
        """Give back the amount of a charge that succeeded.

        Args:
            reference: the charge's.

        Raises:
            GatewayError: the gateway refused to work; this call gave nothing back.
            GatewayTimeout: the customer may have the money back; `find_refund` will tell.
        """

    def find_refund(self, *, key: str, reference: str) -> Refund | None:
        """What became of a refund of that charge; like `find_charge` in everything else."""
