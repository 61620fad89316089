"""The envelope of a collection as a serializer (contract, Collections)."""

from functools import cache
from typing import Any

from rest_framework import serializers

from petstore.interfaces.rest.fields import Flag, WholeNumber
from petstore.interfaces.rest.pagination import MAX_LIMIT
from petstore.interfaces.rest.serializers import Output


class PaginationOutput(Output):
    """Which page this is, and of how many."""

    page = WholeNumber(min_value=1)
    limit = WholeNumber(min_value=1, max_value=MAX_LIMIT)
    totalItems = WholeNumber()
    totalPages = WholeNumber()
    totalIsEstimate = Flag(required=False, help_text="Present and true where `totalItems` is an estimate.")

    class Meta:
        ref_name = "Pagination"


class LinksOutput(Output):
    """Absolute addresses of this page and its neighbours; null where there is none, as after a search."""

    next = serializers.URLField(allow_null=True)
    prev = serializers.URLField(allow_null=True)
    first = serializers.URLField(allow_null=True)
    last = serializers.URLField(allow_null=True, help_text="Null also where the last page is out of reach.")

    class Meta:
        ref_name = "Links"

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`self` is a word of every method's."""
        return {"self": serializers.URLField(), **super().get_fields()}


class Collection(Output):
    """A page of rows."""


@cache
def collection_of(output: type[Output]) -> type[Collection]:
    """The collection of a resource: `PetCollection` of `Pet`."""
    name = name_of(output)
    members = {
        "__doc__": f"A page of {name} rows.",
        "data": output(many=True),
        "pagination": PaginationOutput(),
        "links": LinksOutput(),
        "Meta": type("Meta", (), {"ref_name": f"{name}Collection"}),
    }
    return type(f"{name}Collection", (Collection,), members)


def name_of(serializer: Any) -> str:
    """The component's name of a serializer."""
    name: str = serializer.Meta.ref_name
    return name
