from django.core.files.storage import default_storage
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from kernel import clock, ids, money
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import ScopedManager, TenantOwned, TenantQuerySet

MAX_INT = 2**31 - 1


class PetQuerySet(TenantQuerySet["Pet"]):
    def available(self) -> "PetQuerySet":
        return self.filter(status=Pet.Status.AVAILABLE)

    def oldest_first(self) -> "PetQuerySet":
        return self.order_by("created_at", "id")


PetManager = ScopedManager.from_queryset(PetQuerySet)


class Pet(TenantOwned):
    """An animal that looks for a home.

    AVAILABLE until an order reserves it (PENDING and held), then AVAILABLE again when that order is
    cancelled or ADOPTED when it is delivered. Staff may also set NOT_AVAILABLE or any other status by
    hand, but never while an order holds the pet.
    """

    class Species(models.TextChoices):
        DOG = "DOG"
        CAT = "CAT"
        RABBIT = "RABBIT"
        BIRD = "BIRD"
        REPTILE = "REPTILE"
        OTHER = "OTHER"

    class Size(models.TextChoices):
        SMALL = "SMALL"
        MEDIUM = "MEDIUM"
        LARGE = "LARGE"

    class Gender(models.TextChoices):
        MALE = "MALE"
        FEMALE = "FEMALE"
        UNKNOWN = "UNKNOWN"

    class Status(models.TextChoices):
        AVAILABLE = "AVAILABLE"
        PENDING = "PENDING"
        ADOPTED = "ADOPTED"
        NOT_AVAILABLE = "NOT_AVAILABLE"

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    species = models.CharField(max_length=7, choices=Species)
    name = models.CharField(max_length=50)
    breed = models.CharField(max_length=100, blank=True)
    age_months = models.PositiveIntegerField()
    size = models.CharField(max_length=6, choices=Size, blank=True)
    color = models.CharField(max_length=50, blank=True)
    gender = models.CharField(max_length=7, choices=Gender, blank=True)
    good_with_kids = models.BooleanField(null=True, blank=True)
    price = models.DecimalField(
        max_digits=money.MAX_DIGITS, decimal_places=money.DECIMAL_PLACES, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(max_length=3, default=money.DEFAULT_CURRENCY)
    description = models.TextField(max_length=5000, blank=True)
    status = models.CharField(max_length=13, choices=Status, default=Status.AVAILABLE)
    is_held = models.BooleanField(default=False, editable=False)
    spayed_neutered = models.BooleanField(default=False)
    vaccinated = models.BooleanField(default=False)
    microchipped = models.BooleanField(default=False)
    special_needs = models.BooleanField(default=False)
    health_notes = models.TextField(max_length=5000, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = DateTimeField(default=clock.now, editable=False)
    updated_at = DateTimeField(default=clock.now, editable=False)

    objects = PetManager()  # type: ignore[assignment, misc]  # in place of the base's

    class Meta(TenantOwned.Meta):
        ordering = ("created_at", "id")
        indexes = (
            models.Index(fields=("tenant", "status", "created_at", "id"), name="pet_by_status"),
            models.Index(fields=("tenant", "created_at", "id"), name="pet_oldest_first"),
            models.Index(F("tenant"), F("status"), F("species"), name="pet_inventory"),
        )
        constraints = (
            models.UniqueConstraint(fields=("tenant", "id"), name="pet_tenant_id"),
            models.CheckConstraint(
                condition=Q(status__in=("AVAILABLE", "PENDING", "ADOPTED", "NOT_AVAILABLE")), name="pet_status_known"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="pet_price_not_negative"),
            models.CheckConstraint(condition=Q(is_held=False) | Q(status="PENDING"), name="pet_held_is_pending"),
        )

    def __str__(self) -> str:
        return self.name


def build_photo_address(source: str) -> str:
    """Return a photo's address from its source: an address elsewhere has a scheme, a stored name has none."""
    return source if "://" in source else default_storage.url(source)


class PetPhoto(TenantOwned):
    """A picture of a pet: an uploaded file, or an https address elsewhere."""

    pet = models.ForeignKey(Pet, on_delete=models.CASCADE, related_name="photos", db_constraint=False, db_index=False)
    file = models.FileField(upload_to="pets/", blank=True)
    url = models.URLField(max_length=500, blank=True)
    created_at = DateTimeField(default=clock.now, editable=False)

    class Meta(TenantOwned.Meta):
        ordering = ("id",)
        indexes = (models.Index(fields=("tenant", "pet", "id"), name="photo_of_pet"),)
        constraints = (models.CheckConstraint(condition=~Q(file="") ^ ~Q(url=""), name="photo_has_one_source"),)

    def __str__(self) -> str:
        return self.address

    @property
    def stored_name(self) -> str:
        """The file's name in the storage; empty for an address elsewhere."""
        return self.file.name or ""

    @property
    def address(self) -> str:
        """The picture's address: absolute, or a path on this site for an uploaded file."""
        return self.file.url if self.file else self.url
