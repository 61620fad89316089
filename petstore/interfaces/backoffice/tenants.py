"""The tenants' pages, but for the secret of their callbacks (`tenant_secrets`)."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import Membership
from accounts.services.tenants import add_member, change_tenant, create_tenant, remove_member
from kernel.actor import Role
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin, BackOfficeForm, actor_from
from tenants.models import Tenant
from tenants.queries import visible_tenants

STATUS_COLOURS = {Tenant.Status.ACTIVE: "success", Tenant.Status.SUSPENDED: "danger"}


class TenantForm(BackOfficeForm):
    """What an admin decides about a tenant."""

    class Meta:
        model = Tenant
        fields = ("name", "slug", "access", "status")


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One who works for the tenant, by username."""

    username = forms.CharField(
        max_length=50, label="Staff member", widget=UnfoldAdminTextInputWidget(attrs={"aria-label": "Staff member"})
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
    """The column `tenant` has no reverse name that could be the prefix."""

    @classmethod
    def get_default_prefix(cls) -> str:
        return "members"


class MembershipInline(TabularInline):
    """Who works for the tenant; for admins, who alone may change it."""

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
        return actor_from(request).is_admin

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return actor_from(request).is_admin

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return actor_from(request).is_admin

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return actor_from(request).is_admin


class TenantAdmin(BackOfficeAdmin):
    """Shops and shelters; admins open, change and suspend them."""

    form = TenantForm
    inlines = (MembershipInline,)
    roles: ClassVar = {"add": Role.ADMIN, "change": Role.ADMIN}
    list_display = ("name", "slug", "access", "status_badge", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("access", ChoicesDropdownFilter))
    search_fields = ("name", "slug")
    search_help_text = "Name, slug or id"
    date_hierarchy = "created_at"
    readonly_fields = ("id", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return visible_tenants()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": (("name", "slug"), "access")})]
        return [(None, {"fields": (("name", "slug"), ("access", "status"), ("created_at", "updated_at"), "id")})]

    def get_inlines(self, request: HttpRequest, obj: Model | None = None) -> tuple[type[TabularInline], ...]:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Tenant, form: TenantForm, change: bool) -> None:
        given, actor = form.cleaned_data, actor_from(request)
        if change:
            change_tenant(
                tenant_id=obj.pk, name=given["name"], access=given["access"], status=given["status"], actor=actor
            )
        else:
            obj.pk = create_tenant(name=given["name"], slug=given["slug"], access=given["access"], actor=actor).pk

    def save_formset(self, request: HttpRequest, form: TenantForm, formset: Any, change: bool) -> None:
        """Members come and go through the use cases."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        actor, tenant_id = actor_from(request), form.instance.pk
        for row in formset.deleted_forms:
            if row.instance.pk:
                remove_member(tenant_id=tenant_id, user=row.instance.user, actor=actor)
        for row in formset.extra_forms:
            if row.has_changed() and not row.cleaned_data.get("DELETE"):
                add_member(tenant_id=tenant_id, username=row.cleaned_data["username"], actor=actor)

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, tenant: Tenant) -> tuple[str, str]:
        return tenant.status, tenant.get_status_display()
