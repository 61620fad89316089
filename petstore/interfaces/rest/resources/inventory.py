"""Serve /v1/inventory and /v1/inventories (contract, Inventory)."""

from typing import ClassVar

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from kernel.errors import Invalid
from pets.models import Pet
from pets.queries import count_inventory, count_pets_by_status
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.fields import WholeNumberField
from petstore.interfaces.representation.inventory import InventoryOutput
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import ApiViewSet


class StatusCountsOutput(OutputSerializer):
    """The number of pets of each requested status."""

    AVAILABLE = WholeNumberField(required=False)
    PENDING = WholeNumberField(required=False)
    ADOPTED = WholeNumberField(required=False)
    NOT_AVAILABLE = WholeNumberField(required=False)

    class Meta:
        ref_name = "StatusCounts"


_STATUS = OpenApiParameter(
    "status",
    {"type": "array", "items": {"type": "string", "enum": Pet.Status.values}},
    description="The statuses to count, separated by commas; all of them by default.",
    style="form",
    explode=False,
)


class InventoryViewSet(ApiViewSet):
    """The numbers of pets in the tenant."""

    resource = "inventory"
    serializer_class = InventoryOutput
    use_cases: ClassVar[dict[str, UseCase]] = {
        "show_pet_inventory": count_inventory,
        "count_by_status": count_pets_by_status,
    }

    @extend_schema(operation_id="getInventory", responses=InventoryOutput)
    def show_pet_inventory(self, request: Request) -> Response:
        """Count the pets by status and by species."""
        return Response(compile_representation(InventoryOutput)(count_inventory()))

    @extend_schema(operation_id="listInventories", parameters=[_STATUS], responses=StatusCountsOutput)
    def count_by_status(self, request: Request) -> Response:
        """Count the pets of each requested status; of every status where none is requested."""
        wanted = _read_query_statuses(request._request.GET)
        counts = count_pets_by_status()
        return Response({status: counts[status] for status in wanted})


def _read_query_statuses(query: QueryDict) -> list[str]:
    text = ",".join(filter(None, query.getlist("status")))
    if not text:
        return list(Pet.Status.values)
    wanted = [part.strip().upper() for part in text.split(",")]
    if not set(wanted) <= set(Pet.Status.values):
        raise Invalid.for_field("status", f"Give any of {', '.join(Pet.Status.values)}.", "invalid_choice")
    return list(dict.fromkeys(wanted))
