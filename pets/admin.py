"""The pets' pages."""

from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from kernel.actor import Role
from pets.models import Pet
from pets.queries import pets_with_photos
from pets.services import PetDetails, add_photo, create_pet, delete_pet, replace_pet
from tenants.admin.base import BackOfficeAdmin, BackOfficeForm, VersionedForm, actor_from
from tenants.admin.filters import TenantFilter
from tenants.admin.pickers import TenantChoice
from tenants.scoping import tenant_scope

STATUS_COLOURS = {
    Pet.Status.AVAILABLE: "success",
    Pet.Status.PENDING: "warning",
    Pet.Status.ADOPTED: "info",
}


class PetForm(VersionedForm):
    """A pet as staff describe it, with one more photo if they like."""

    field_names: ClassVar = {"file": "photo"}
    photo = forms.FileField(
        required=False,
        label="Add a photo",
        help_text="JPEG, PNG or WebP, at most 5 MB. Stored without its metadata.",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    class Meta:
        model = Pet
        fields = (*(field.name for field in fields(PetDetails)), "status")

    def details(self) -> PetDetails:
        """What the form says of the pet."""
        return PetDetails(**{field.name: self.cleaned_data[field.name] for field in fields(PetDetails)})


class NewPetForm(TenantChoice, PetForm):
    pass


@admin.register(Pet)
class PetAdmin(BackOfficeAdmin):
    """Pets with their photos; the status of a pet that an order holds follows the order."""

    form = PetForm
    roles: ClassVar = {"add": Role.STAFF, "change": Role.STAFF, "delete": Role.STAFF}
    list_display = ("portrait", "name", "state", "species", "breed", "age_months", "cost", "tenant", "created_at")
    list_display_links = ("portrait", "name")
    list_filter = (("status", ChoicesDropdownFilter), ("species", ChoicesDropdownFilter), TenantFilter)
    list_select_related = ("tenant",)
    search_fields = ("name", "breed")
    search_help_text = "Name, breed or id"
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    readonly_fields = ("gallery", "tenant", "id", "created_at", "updated_at")
    _about = (
        ("name", "species"),
        ("breed", "age_months"),
        ("gender", "size"),
        ("color", "good_with_kids"),
        "description",
    )
    _adoption = ("Adoption", {"fields": ("status", ("price", "currency"))})
    _health = (
        "Health",
        {"fields": (("spayed_neutered", "vaccinated"), ("microchipped", "special_needs"), "health_notes")},
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pet]:
        return pets_with_photos().order_by(*self.ordering)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [
                (None, {"fields": ("store", *self._about)}),
                self._adoption,
                ("Photos", {"fields": ("photo",)}),
                self._health,
            ]
        return [
            (None, {"fields": self._about}),
            self._adoption,
            ("Photos", {"fields": ("gallery", "photo")}),
            self._health,
            ("Record", {"fields": (("id", "tenant"), ("created_at", "updated_at"), "seen_version")}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        return super().get_form(request, obj, change=change, **({} if obj else {"form": NewPetForm}) | kwargs)

    def save_model(self, request: HttpRequest, obj: Pet, form: PetForm, change: bool) -> None:
        tenant_id = obj.tenant_id if change else form.cleaned_data["store"].pk
        with tenant_scope(tenant_id):
            pet = self._replaced(request, obj, form) if change else self._created(request, form)
            if form.cleaned_data["photo"]:
                add_photo(pet_id=pet.pk, upload=form.cleaned_data["photo"], actor=actor_from(request))
        obj.pk = pet.pk

    def delete_model(self, request: HttpRequest, obj: Pet) -> None:
        with tenant_scope(obj.tenant_id):
            delete_pet(pet_id=obj.pk, actor=actor_from(request))

    def _created(self, request: HttpRequest, form: PetForm) -> Pet:
        status = form.cleaned_data["status"]
        return create_pet(details=form.details(), status=status, actor=actor_from(request))

    def _replaced(self, request: HttpRequest, pet: Pet, form: PetForm) -> Pet:
        return replace_pet(
            pet_id=pet.pk,
            details=form.details(),
            status=form.cleaned_data["status"],
            expected_version=form.cleaned_data["seen_version"],
            actor=actor_from(request),
        )

    @display(description="Photo")
    def portrait(self, pet: Pet) -> SafeString | str:
        for photo in pet.photos.all():
            return format_html('<img class="portrait" src="{}" alt="{}" loading="lazy">', photo.address, pet.name)
        return "–"

    @display(description="Photos")
    def gallery(self, pet: Pet) -> str:
        return render_to_string("admin/pets/gallery.html", {"pet": pet})

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def state(self, pet: Pet) -> tuple[str, str]:
        return pet.status, pet.get_status_display()

    @display(description="Price", ordering="price")
    def cost(self, pet: Pet) -> str:
        return f"{pet.price:.2f} {pet.currency}"
