"""Orders and pets, in and out."""

from typing import ClassVar
from uuid import UUID

from rest_framework import serializers

from shop.models import SHARED_POOL, Order, Pet


class OrderSerializer(serializers.ModelSerializer[Order]):
    """The contract's Order; only the pet is the caller's to choose."""

    petId = serializers.PrimaryKeyRelatedField(source="pet", queryset=Pet.objects.all())
    userId = serializers.UUIDField(source="user_id", read_only=True)
    totalAmount = serializers.DecimalField(source="total_amount", max_digits=12, decimal_places=2, read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)
    tenantId = serializers.SerializerMethodField(method_name="get_tenant_id")

    class Meta:
        model = Order
        fields = [
            "id", "petId", "userId", "status", "totalAmount", "currency", "createdAt", "updatedAt", "tenantId",
        ]  # fmt: skip
        read_only_fields = ["id", "status", "currency"]
        validators: ClassVar[list[object]] = []  # a pet that is taken is 409, which perform_create says

    def get_tenant_id(self, order: Order) -> UUID | None:
        """The order's tenant, null in the shared pool."""
        return None if order.tenant_id == SHARED_POOL else order.tenant_id


class MedicalInfoSerializer(serializers.ModelSerializer[Pet]):
    """A pet's medical record."""

    spayedNeutered = serializers.BooleanField(source="spayed_neutered")
    specialNeeds = serializers.BooleanField(source="special_needs")
    healthNotes = serializers.CharField(source="health_notes")

    class Meta:
        model = Pet
        fields = ["spayedNeutered", "vaccinated", "microchipped", "specialNeeds", "healthNotes"]


class PetSerializer(serializers.ModelSerializer[Pet]):
    """The contract's Pet."""

    ageMonths = serializers.IntegerField(source="age_months")
    goodWithKids = serializers.BooleanField(source="good_with_kids", allow_null=True)
    photos = serializers.SlugRelatedField(slug_field="url", many=True, read_only=True)
    medicalInfo = MedicalInfoSerializer(source="*")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    tenantId = serializers.SerializerMethodField(method_name="get_tenant_id")

    class Meta:
        model = Pet
        fields = [
            "id", "species", "name", "breed", "ageMonths", "size", "color", "gender", "goodWithKids", "price",
            "currency", "description", "status", "photos", "medicalInfo", "createdAt", "updatedAt", "tenantId",
        ]  # fmt: skip

    def get_tenant_id(self, pet: Pet) -> UUID | None:
        """The pet's tenant, null in the shared pool."""
        return None if pet.tenant_id == SHARED_POOL else pet.tenant_id


class AgeRangeSerializer(serializers.Serializer[Pet]):
    """Ages in months; both ends belong to the range."""

    min = serializers.IntegerField(required=False, source="age_months__gte")
    max = serializers.IntegerField(required=False, source="age_months__lte")


class MedicalCriteriaSerializer(serializers.Serializer[Pet]):
    """What the medical record must say."""

    vaccinated = serializers.BooleanField(required=False)
    spayedNeutered = serializers.BooleanField(required=False, source="spayed_neutered")


class CriteriaSerializer(serializers.Serializer[Pet]):
    """What a pet must meet; every source is a look-up of the QuerySet."""

    species = serializers.ListField(child=serializers.CharField(), required=False, source="species__in")
    ageRange = AgeRangeSerializer(required=False, source="*")
    medical = MedicalCriteriaSerializer(required=False, source="*")


class SortSerializer(serializers.Serializer[Pet]):
    """The order of what is found."""

    field = serializers.ChoiceField(choices=["ageMonths", "price"])
    order = serializers.ChoiceField(choices=["ASC", "DESC"], default="ASC")


class PageSerializer(serializers.Serializer[Pet]):
    """Which page of what is found."""

    page = serializers.IntegerField(min_value=1, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)


class SearchSerializer(serializers.Serializer[Pet]):
    """A search among the pets that are available."""

    criteria = CriteriaSerializer(required=False)
    sort = SortSerializer(required=False)
    pagination = PageSerializer(required=False)
