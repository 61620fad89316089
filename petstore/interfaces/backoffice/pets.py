"""The pets' pages, with their photos."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from kernel.actor import Actor, Permission
from kernel.errors import DomainError
from pets.errors import NotAnImage
from pets.images import MAX_BYTES
from pets.models import Pet
from pets.queries import list_pets_with_photos
from pets.services.availability import change_pet_status
from pets.services.catalog import create_pet, delete_pet, replace_pet
from pets.services.details import PetDetails
from pets.services.photos import add_photo, put_photo_first, remove_photo
from petstore.interfaces.backoffice.framework.autocomplete import TenantChoiceForm
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin, CommandForm
from petstore.interfaces.backoffice.framework.filters import TenantFilter
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm, VersionedForm, format_error_message
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor

STATUS_COLOURS = {
    Pet.Status.AVAILABLE: "success",
    Pet.Status.PENDING: "warning",
    Pet.Status.ADOPTED: "info",
}


ADOPTED = "Adopted already. Give a reason for the change of the status; it goes to the Journal."
AVAILABLE = Button("available", "Make available", "made available", warning=ADOPTED)
NOT_AVAILABLE = Button("not_available", "Make not available", "made not available", warning=ADOPTED)
MAX_ID = 2**63 - 1
MAX_MEGABYTES = MAX_BYTES // 2**20
UNCHANGED = "unchanged"
_TARGETS = {AVAILABLE: Pet.Status.AVAILABLE, NOT_AVAILABLE: Pet.Status.NOT_AVAILABLE}
_PHOTO_COMMANDS = {"first": put_photo_first, "remove": remove_photo}


class PetForm(VersionedForm):
    """The description of a pet, and one more photo if wished."""

    field_names: ClassVar = {"file": "photo"}
    photo = forms.FileField(
        required=False,
        label="Add a photo",
        help_text=f"JPEG, PNG or WebP, at most {MAX_MEGABYTES} MB. Stored without its metadata.",
        widget=UnfoldAdminFileFieldWidget(
            attrs={
                "accept": "image/jpeg,image/png,image/webp",
                "data-max-bytes": MAX_BYTES,
                "data-too-large": f"A photo may have {MAX_MEGABYTES} MB at most.",
                "data-wrong-type": f"{NotAnImage.title}.",
            }
        ),
    )

    class Meta:
        model = Pet
        fields = (*(field.name for field in fields(PetDetails)), "status")

    def read_pet_details(self) -> PetDetails:
        """Return the details as the form has them."""
        return PetDetails(**{field.name: self.cleaned_data[field.name] for field in fields(PetDetails)})


class NewPetForm(TenantChoiceForm, PetForm):
    """A new pet of a tenant."""


@admin.register(Pet)
class PetAdmin(CommandAdmin):
    """Pets with their photos; the status of a pet with an open order follows the order."""

    form = PetForm
    buttons = (AVAILABLE, NOT_AVAILABLE)
    quick_filter = "status"
    permissions: ClassVar = dict.fromkeys(("add", "change", "delete"), Permission.CHANGE_PETS)
    list_display = (
        "photo_thumbnail",
        "name",
        "status_badge",
        "species",
        "breed",
        "age_months",
        "price_text",
        "tenant",
        "created_at",
    )
    list_display_links = ("photo_thumbnail", "name")
    list_filter = (("status", ChoicesDropdownFilter), ("species", ChoicesDropdownFilter), TenantFilter)
    list_select_related = ("tenant",)
    search_fields = ("name", "breed")
    search_help_text = "Name, breed or id"
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    change_form_outer_after_template = "admin/pets/gallery.html"
    readonly_fields = ("tenant", "id", "created_at", "updated_at")
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

    class Media:
        js = ("petstore/photo.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.photo_command_view)
        address = "<path:object_id>/photos/<int:photo_id>/<str:name>/"
        return [path(address, view, name="pets_pet_photo"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pet]:
        return list_pets_with_photos().order_by(*self.ordering)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [
                (None, {"fields": ("store", *self._about)}),
                self._adoption,
                ("Photos", {"fields": ("photo",)}),
                self._health,
            ]
        may_change = self.has_change_permission(request, obj)
        record = (("id", "tenant"), ("created_at", "updated_at"))
        return [
            (None, {"fields": self._about}),
            self._adoption,
            *([("Photos", {"fields": ("photo",)})] if may_change else []),
            self._health,
            ("Record", {"fields": (*record, "seen_version") if may_change else record}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        return super().get_form(request, obj, change=change, **({} if obj else {"form": NewPetForm}) | kwargs)

    def add_row(self, row: Pet, form: PetForm, actor: Actor) -> Pet:
        return _add_form_photo(
            create_pet(details=form.read_pet_details(), status=form.cleaned_data["status"], actor=actor), form, actor
        )

    def change_row(self, row: Pet, form: PetForm, actor: Actor) -> Pet:
        given = form.cleaned_data
        pet = replace_pet(
            pet_id=row.pk,
            details=form.read_pet_details(),
            status=given["status"],
            expected_version=given["seen_version"],
            actor=actor,
        )
        return _add_form_photo(pet, form, actor)

    def delete_row(self, row: Pet, actor: Actor) -> None:
        delete_pet(pet_id=row.pk, actor=actor)

    def list_row_buttons(self, row: Pet, actor: Actor) -> tuple[Button, ...]:
        if row.is_held or not actor.has_permission(Permission.CHANGE_PETS):
            return ()
        return tuple(button for button, status in _TARGETS.items() if row.status != status)

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return actor.has_permission(Permission.CHANGE_PETS)

    def rows_needing_reason(self, button: Button, rows: Sequence[Pet]) -> list[Pet]:
        return [row for row in rows if row.status == Pet.Status.ADOPTED]

    def perform_row_command(self, button: Button, row: Pet, *, actor: Actor, reason: str, version: int | None) -> bool:
        status = Pet.Status(button.name.upper())
        return change_pet_status(pet_id=row.pk, status=status, actor=actor, reason=reason, expected_version=version)

    def build_success_message(self, button: Button, outcome: bool) -> str:
        return button.success_text if outcome else UNCHANGED

    def photo_command_view(self, request: HttpRequest, object_id: str, photo_id: int, name: str) -> HttpResponse:
        """Remove one photo of a pet, or put it first (POST)."""
        pet, command = self.get_object(request, unquote(object_id)), _PHOTO_COMMANDS.get(name)
        form = CommandForm(AVAILABLE, request.POST, needs_version=True)
        if pet is None or command is None or request.method != "POST" or not form.is_valid() or photo_id > MAX_ID:
            raise Http404
        version, actor = form.cleaned_data["version"], read_request_actor(request)
        try:
            with self.open_row_scope(pet):
                command(pet_id=pet.pk, photo_id=photo_id, actor=actor, expected_version=version)
        except DomainError as error:
            self.message_user(request, format_error_message(error), "error")
        return redirect(f"{self.build_change_url(object_id)}#photos-title")

    def format_choice_text(self, row: Pet) -> str:
        return " · ".join([row.name, row.breed or row.get_species_display(), self.price_text(row)])

    @display(description="Photo")
    def photo_thumbnail(self, pet: Pet) -> SafeString | str:
        for photo in pet.photos.all():
            return format_html('<img class="pet-photo" src="{}" alt="{}" loading="lazy">', photo.address, pet.name)
        return "–"

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, pet: Pet) -> tuple[str, str]:
        return pet.status, pet.get_status_display()

    @display(description="Price", ordering="price")
    def price_text(self, pet: Pet) -> str:
        return f"{pet.price:.2f} {pet.currency}"


def _add_form_photo(pet: Pet, form: PetForm, actor: Actor) -> Pet:
    """Add the photo of the form, if there is one, and return the pet."""
    if form.cleaned_data["photo"]:
        add_photo(pet_id=pet.pk, upload=form.cleaned_data["photo"], actor=actor)
    return pet
