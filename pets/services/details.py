"""The columns of a pet that staff decide."""

from dataclasses import dataclass
from decimal import Decimal

from kernel import money


@dataclass(frozen=True, slots=True, kw_only=True)
class PetDetails:
    """Everything about a pet that staff decide (contract, Pet). Blank means unknown.

    Raises:
        Invalid: the currency is none.
    """

    species: str
    name: str
    age_months: int
    price: Decimal
    currency: str = money.DEFAULT_CURRENCY
    breed: str = ""
    size: str = ""
    color: str = ""
    gender: str = ""
    good_with_kids: bool | None = None
    description: str = ""
    spayed_neutered: bool = False
    vaccinated: bool = False
    microchipped: bool = False
    special_needs: bool = False
    health_notes: str = ""

    def __post_init__(self) -> None:
        money.parse_currency_code(self.currency)
