"""The tenants' pages: their members, and the secret of their callbacks."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import Membership, User
from accounts.services.tenants import add_tenant_member, change_tenant, create_tenant, remove_tenant_member
from kernel.actor import Actor, Permission, Role
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor
from petstore.interfaces.backoffice.framework.secrets import render_secret_page
from tenants.models import Tenant
from tenants.queries import list_visible_tenants
from webhooks.services.callbacks import reveal_callback_secret

STATUS_COLOURS = {Tenant.Status.ACTIVE: "success", Tenant.Status.SUSPENDED: "danger"}
CALLBACK_SECRET = Button("callback_secret", "Show callback secret", "")
CALLBACK_NOTE = (
    "Requests to a callbackUrl are signed with it. It stays the same, and everybody who may change the tenant's "
    "webhooks can see it."
)


class TenantForm(BackOfficeForm):
    """Name, slug, access and status of a tenant."""

    class Meta:
        model = Tenant
        fields = ("name", "slug", "access", "status")


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A staff member of the tenant, by username."""

    username = forms.CharField(
        max_length=User._meta.get_field("username").max_length,
        label="Staff member",
        widget=UnfoldAdminTextInputWidget(attrs={"aria-label": "Staff member"}),
    )

    class Meta:
        model = Membership
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["username"].initial = self.instance.user.username
            self.fields["username"].disabled = True


class MembershipFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # generic in the stubs only
    """The members as a formset; the column `tenant` has no reverse name that could be its prefix."""

    @classmethod
    def get_default_prefix(cls) -> str:
        return "members"


class MembershipInline(TabularInline):
    """The members of a tenant; only admins see and change them."""

    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    fk_name = "tenant"
    fields = ("username", "created_at")
    readonly_fields = ("created_at",)
    extra = 1
    verbose_name_plural = "Members"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        members: QuerySet[Membership] = super().get_queryset(request).select_related("user", "tenant")
        return members

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return read_request_actor(request).is_admin

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return read_request_actor(request).is_admin

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return read_request_actor(request).is_admin

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return read_request_actor(request).is_admin


@admin.register(Tenant)
class TenantAdmin(CommandAdmin):
    """Shops and shelters. Admins open, change and suspend them; who may change webhooks sees the callback secret."""

    form = TenantForm
    inlines = (MembershipInline,)
    roles: ClassVar = {"add": Role.ADMIN, "change": Role.ADMIN}
    buttons = (CALLBACK_SECRET,)
    is_versioned = False
    list_display = ("name", "slug", "access", "status_badge", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("access", ChoicesDropdownFilter))
    search_fields = ("name", "slug")
    search_help_text = "Name, slug or id"
    date_hierarchy = "created_at"
    readonly_fields = ("id", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return list_visible_tenants()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": (("name", "slug"), "access")})]
        return [(None, {"fields": (("name", "slug"), ("access", "status"), ("created_at", "updated_at"), "id")})]

    def get_inlines(self, request: HttpRequest, obj: Model | None = None) -> tuple[type[TabularInline], ...]:
        return self.inlines if obj else ()

    def tenant_id_of(self, row: Tenant) -> UUID:
        return row.pk

    def open_new_row_scope(self, form: TenantForm) -> AbstractContextManager[None]:
        """Open none: the use case opens the scope of the tenant that it makes."""
        return nullcontext()

    def add_row(self, row: Tenant, form: TenantForm, actor: Actor) -> Tenant:
        given = form.cleaned_data
        return create_tenant(name=given["name"], slug=given["slug"], access=given["access"], actor=actor)

    def change_row(self, row: Tenant, form: TenantForm, actor: Actor) -> Tenant:
        given = form.cleaned_data
        return change_tenant(
            tenant_id=row.pk, name=given["name"], access=given["access"], status=given["status"], actor=actor
        )

    def save_inline_rows(self, row: Tenant, formset: Any, actor: Actor) -> None:
        """Remove and add members."""
        for line in formset.deleted_forms:
            if line.instance.pk:
                remove_tenant_member(tenant_id=row.pk, user=line.instance.user, actor=actor)
        for line in formset.extra_forms:
            if line.has_changed() and not line.cleaned_data.get("DELETE"):
                add_tenant_member(tenant_id=row.pk, username=line.cleaned_data["username"], actor=actor)

    def list_row_buttons(self, row: Tenant, actor: Actor) -> Sequence[Button]:
        return self.buttons if actor.has_permission(Permission.CHANGE_WEBHOOKS) else ()

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return False

    def perform_row_command(
        self, button: Button, row: Tenant, *, actor: Actor, reason: str, version: int | None
    ) -> str:
        return reveal_callback_secret(actor=actor)

    def build_command_response(self, request: HttpRequest, button: Button, row: Tenant, outcome: str) -> HttpResponse:
        return render_secret_page(self, request, row, secret=outcome, note=CALLBACK_NOTE)

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, tenant: Tenant) -> tuple[str, str]:
        return tenant.status, tenant.get_status_display()
