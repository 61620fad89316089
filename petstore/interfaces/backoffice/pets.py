"""The pets' pages."""

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
from pets.models import Pet
from pets.queries import pets_with_photos
from pets.services import (
    PetDetails,
    add_photo,
    change_pet_status,
    create_pet,
    delete_pet,
    put_photo_first,
    remove_photo,
    replace_pet,
)
from petstore.interfaces.backoffice.framework.autocomplete import TenantChoiceForm
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin, CommandForm
from petstore.interfaces.backoffice.framework.filters import TenantFilter
from petstore.interfaces.backoffice.framework.model_admin import (
    BackOfficeForm,
    VersionedForm,
    actor_from,
    error_message,
)
from tenants.scoping import tenant_scope

STATUS_COLOURS = {
    Pet.Status.AVAILABLE: "success",
    Pet.Status.PENDING: "warning",
    Pet.Status.ADOPTED: "info",
}


ADOPTED = "Adopted already. Say why the status changes nevertheless; the journal keeps the reason."
AVAILABLE = Button("available", "Make available", "made available", doubt=ADOPTED)
NOT_AVAILABLE = Button("not_available", "Make not available", "made not available", doubt=ADOPTED)
MAX_ID = 2**63 - 1
UNCHANGED = "as it was already"
_TARGETS = {AVAILABLE: Pet.Status.AVAILABLE, NOT_AVAILABLE: Pet.Status.NOT_AVAILABLE}
_PHOTO_COMMANDS = {"first": put_photo_first, "remove": remove_photo}


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

    def read_details(self) -> PetDetails:
        """What the form says of the pet."""
        return PetDetails(**{field.name: self.cleaned_data[field.name] for field in fields(PetDetails)})


class NewPetForm(TenantChoiceForm, PetForm):
    pass


@admin.register(Pet)
class PetAdmin(CommandAdmin):
    """Pets with their photos; the status of a pet that an order holds follows the order."""

    form = PetForm
    buttons = (AVAILABLE, NOT_AVAILABLE)
    chips = "status"
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
        view = self.admin_site.admin_view(self.photo_view)
        address = "<path:object_id>/photos/<int:photo_id>/<str:name>/"
        return [path(address, view, name="pets_pet_photo"), *super().get_urls()]

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

    def save_model(self, request: HttpRequest, obj: Pet, form: PetForm, change: bool) -> None:
        tenant_id = obj.tenant_id if change else form.cleaned_data["store"].pk
        with tenant_scope(tenant_id):
            pet = self._replace_pet(request, obj, form) if change else self._create_pet(request, form)
            if form.cleaned_data["photo"]:
                add_photo(pet_id=pet.pk, upload=form.cleaned_data["photo"], actor=actor_from(request))
        obj.pk = pet.pk

    def delete_model(self, request: HttpRequest, obj: Pet) -> None:
        with tenant_scope(obj.tenant_id):
            delete_pet(pet_id=obj.pk, actor=actor_from(request))

    def buttons_for(self, row: Pet, actor: Actor) -> tuple[Button, ...]:
        if row.is_held or not actor.has_permission(Permission.CHANGE_PETS):
            return ()
        return tuple(button for button, status in _TARGETS.items() if row.status != status)

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return actor.has_permission(Permission.CHANGE_PETS)

    def rows_needing_reason(self, button: Button, rows: Sequence[Pet]) -> list[Pet]:
        return [row for row in rows if row.status == Pet.Status.ADOPTED]

    def perform(self, button: Button, row: Pet, *, actor: Actor, reason: str, version: int | None) -> bool:
        with tenant_scope(row.tenant_id):
            status = Pet.Status(button.name.upper())
            return change_pet_status(pet_id=row.pk, status=status, actor=actor, reason=reason, expected_version=version)

    def success_message(self, button: Button, outcome: bool) -> str:
        return button.done if outcome else UNCHANGED

    def photo_view(self, request: HttpRequest, object_id: str, photo_id: int, name: str) -> HttpResponse:
        """Remove one photo of a pet, or put it first (POST)."""
        pet, command = self.get_object(request, unquote(object_id)), _PHOTO_COMMANDS.get(name)
        form = CommandForm(AVAILABLE, request.POST, needs_version=True)
        if pet is None or command is None or request.method != "POST" or not form.is_valid() or photo_id > MAX_ID:
            raise Http404
        version, actor = form.cleaned_data["version"], actor_from(request)
        try:
            with tenant_scope(pet.tenant_id):
                command(pet_id=pet.pk, photo_id=photo_id, actor=actor, expected_version=version)
        except DomainError as refusal:
            self.message_user(request, error_message(refusal), "error")
        return redirect(f"{self.change_url(object_id)}#photos-title")

    def _create_pet(self, request: HttpRequest, form: PetForm) -> Pet:
        status = form.cleaned_data["status"]
        return create_pet(details=form.read_details(), status=status, actor=actor_from(request))

    def _replace_pet(self, request: HttpRequest, pet: Pet, form: PetForm) -> Pet:
        return replace_pet(
            pet_id=pet.pk,
            details=form.read_details(),
            status=form.cleaned_data["status"],
            expected_version=form.cleaned_data["seen_version"],
            actor=actor_from(request),
        )

    def choice_text(self, row: Pet) -> str:
        return " · ".join([row.name, row.breed or row.get_species_display(), self.price_text(row)])

    @display(description="Photo")
    def photo_thumbnail(self, pet: Pet) -> SafeString | str:
        for photo in pet.photos.all():
            return format_html('<img class="portrait" src="{}" alt="{}" loading="lazy">', photo.address, pet.name)
        return "–"

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, pet: Pet) -> tuple[str, str]:
        return pet.status, pet.get_status_display()

    @display(description="Price", ordering="price")
    def price_text(self, pet: Pet) -> str:
        return f"{pet.price:.2f} {pet.currency}"
