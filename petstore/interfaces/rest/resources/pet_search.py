"""Filter and search pets by query parameters or by a body (contract, Pets)."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from pets.models import Pet
from petstore.interfaces.representation.cursors import OLDEST_FIRST, Ordering
from petstore.interfaces.representation.fields import BoundedListField, EnumField, FlagField, WholeNumberField
from petstore.interfaces.representation.page_requests import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, PageRequest
from petstore.interfaces.representation.pet_filters import SORT_COLUMNS
from petstore.interfaces.representation.serializers import InputSerializer


class AgeRangeInput(InputSerializer):
    """An age range in months; both ends belong to it."""

    min = WholeNumberField(required=False, source="age_months__gte")
    max = WholeNumberField(required=False, source="age_months__lte")

    class Meta:
        ref_name = "AgeRange"

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("age_months__gte", 0) > attrs.get("age_months__lte", float("inf")):
            raise serializers.ValidationError({"min": "The least age is above the greatest."}, code="out_of_range")
        return attrs


class CompatibilityInput(InputSerializer):
    """Compatibility with the household."""

    goodWithKids = FlagField(required=False, source="good_with_kids")

    class Meta:
        ref_name = "Compatibility"


class MedicalCriteriaInput(InputSerializer):
    """Criteria for the medical record."""

    vaccinated = FlagField(required=False)
    spayedNeutered = FlagField(required=False, source="spayed_neutered")
    specialNeeds = FlagField(required=False, source="special_needs")

    class Meta:
        ref_name = "MedicalCriteria"


class CriteriaInput(InputSerializer):
    """Criteria that a pet must meet, all of them; of a list, any item."""

    # Every source is a lookup of the QuerySet.

    species = BoundedListField(
        child=EnumField(choices=Pet.Species.values), required=False, max_length=20, source="species__in"
    )
    ageRange = AgeRangeInput(required=False, source="*")
    size = BoundedListField(child=EnumField(choices=Pet.Size.values), required=False, max_length=20, source="size__in")
    compatibility = CompatibilityInput(required=False, source="*")
    medical = MedicalCriteriaInput(required=False, source="*")

    class Meta:
        ref_name = "PetCriteria"


class SortInput(InputSerializer):
    """The order of the results."""

    field = serializers.ChoiceField(
        choices=["ageMonths", "price"], error_messages={"invalid_choice": "Give ageMonths or price."}
    )
    order = EnumField(choices=["ASC", "DESC"], default="ASC")

    class Meta:
        ref_name = "PetSort"


class PageInput(InputSerializer):
    """The page of the results."""

    page = WholeNumberField(min_value=1, default=1)
    limit = WholeNumberField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)

    class Meta:
        ref_name = "PetPage"

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["page"] - 1) * attrs["limit"] > MAX_OFFSET:
            message = "This page is too deep; GET /pets has cursors that reach any depth."
            raise serializers.ValidationError({"page": message}, code="page_too_deep")
        return attrs


@dataclass(frozen=True, slots=True)
class PetSearch:
    """A validated search."""

    lookups: dict[str, Any]
    ordering: Ordering
    page: PageRequest


class PetSearchInput(InputSerializer):
    """A search among the available pets; everything is optional."""

    criteria = CriteriaInput(required=False)
    sort = SortInput(required=False)
    pagination = PageInput(required=False)

    class Meta:
        ref_name = "PetSearch"

    @classmethod
    def read_pet_search(cls, data: Any) -> PetSearch:
        """Read a search from a body; an empty list is no criterion."""
        body = cls.validate_request_body(data)
        lookups = {name: value for name, value in body.get("criteria", {}).items() if value != []}
        sort = body.get("sort")
        ordering = Ordering(SORT_COLUMNS[sort["field"]], sort["order"] == "DESC") if sort else OLDEST_FIRST
        return PetSearch(lookups, ordering, PageRequest(**body.get("pagination", {})))
