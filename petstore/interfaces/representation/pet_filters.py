"""The filters of a list of pets, as every protocol takes them (contract, Pets)."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet

from kernel.errors import Invalid
from pets.models import Pet
from petstore.interfaces.representation.cursors import Ordering
from petstore.interfaces.representation.filters import (
    AmountFilter,
    EnumFilter,
    FlagFilter,
    SearchFilter,
    SortFilter,
    WholeNumberFilter,
)

ANY_STATUS = "ALL"
SEARCHED_COLUMNS = ("name", "breed", "description")
SORT_COLUMNS = {"createdAt": "created_at", "ageMonths": "age_months", "price": "price"}
SORTS = [f"{sign}{name}" for name in SORT_COLUMNS for sign in ("", "-")]


class StatusFilter(EnumFilter):
    """The status; AVAILABLE where the caller names none."""

    def filter(self, qs: QuerySet[Pet], value: str) -> QuerySet[Pet]:
        return qs if value == ANY_STATUS else qs.filter(status=value or Pet.Status.AVAILABLE)


class PetFilter(django_filters.FilterSet):
    """The filters of a list of pets."""

    species = EnumFilter(choices=Pet.Species.values)
    status = StatusFilter(choices=[*Pet.Status.values, ANY_STATUS], help_text="AVAILABLE by default; ALL for any.")
    size = EnumFilter(choices=Pet.Size.values)
    goodWithKids = FlagFilter(field_name="good_with_kids")
    ageMin = WholeNumberFilter(field_name="age_months", lookup_expr="gte", help_text="In months.")
    ageMax = WholeNumberFilter(field_name="age_months", lookup_expr="lte", help_text="In months.")
    priceMin = AmountFilter(field_name="price", lookup_expr="gte")
    priceMax = AmountFilter(field_name="price", lookup_expr="lte")
    search = SearchFilter(
        columns=SEARCHED_COLUMNS,
        help_text="Part of the name, the breed or the description, in any case.",
    )
    sort = SortFilter(
        choices=SORTS,
        help_text="createdAt by default; `-` first for descending.",
    )

    class Meta:
        model = Pet
        fields: ClassVar[list[str]] = []


def check_age_range(least: int | None, greatest: int | None) -> None:
    """Raise Invalid for a range that no age lies in."""
    if least is not None and greatest is not None and least > greatest:
        raise Invalid.for_field("ageMax", "The greatest age is below the least.", "out_of_range")


def choose_pet_ordering(sort: str) -> Ordering:
    """Return the ordering of a `sort` that `PetFilter` has validated; empty means the oldest first."""
    name = sort or "createdAt"
    return Ordering(SORT_COLUMNS[name.removeprefix("-")], descending=name.startswith("-"))
