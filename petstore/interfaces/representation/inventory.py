"""The inventory as every protocol shows it (contract, Inventory)."""

from rest_framework import serializers

from petstore.interfaces.representation.fields import WholeNumberField
from petstore.interfaces.representation.serializers import OutputSerializer


class InventoryOutput(OutputSerializer):
    """The number of pets by status and species, without those that are NOT_AVAILABLE."""

    available = WholeNumberField()
    pending = WholeNumberField()
    adopted = WholeNumberField()
    total = WholeNumberField()
    bySpecies = serializers.DictField(child=WholeNumberField(), source="by_species")

    class Meta:
        ref_name = "Inventory"
