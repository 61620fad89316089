"""The users' pages."""

from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from accounts.email_address import EmailAddressValidator
from accounts.groups import ASSIGNABLE, StaffGroup
from accounts.models import User, UserQuerySet
from accounts.queries import annotate_group, may_change_group, may_change_status
from accounts.services.groups import assign_group
from accounts.services.registration import Profile, change_user_status, update_profile
from accounts.services.tenants import create_staff
from kernel.actor import Actor, Permission, Role
from petstore.interfaces.backoffice.framework.autocomplete import TenantChoiceForm
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import TenantFilter
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeForm, VersionedForm, actor_from
from tenants.scoping import tenant_scope

STATUS_COLOURS = {User.Status.ACTIVE: "success", User.Status.SUSPENDED: "danger"}
SUSPEND = Button("suspend", "Suspend", "suspended", confirms=True, asks_reason=True, is_danger=True)
REACTIVATE = Button("reactivate", "Reactivate", "made active again")
CLOSE = Button("close", "Close account", "closed", confirms=True, is_danger=True, is_sensitive=True)
_TARGETS = {SUSPEND: User.Status.SUSPENDED, REACTIVATE: User.Status.ACTIVE}
MEANINGS = {
    StaffGroup.VIEWER: "A viewer looks at everything in their tenants and changes nothing.",
    StaffGroup.CLERK: "A clerk places, moves, cancels and refunds orders, and changes nothing else.",
    StaffGroup.MANAGER: "A manager changes orders, pets and webhooks, and suspends customers.",
}


def _group_button(group: StaffGroup) -> Button:
    name, note = group.lower(), f"{MEANINGS[group]} It holds from their next click on."
    return Button(
        f"make_{name}", f"Make {name}", f"made a {name}", confirms=True, asks_reason=True, note=note, is_sensitive=True
    )


GROUP_BUTTONS = {group: _group_button(group) for group in ASSIGNABLE}
_GROUPS = {button: group for group, button in GROUP_BUTTONS.items()}


class GroupFilter(DropdownFilter):
    """By what staff may write."""

    title = "group"
    parameter_name = "group"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(group, group) for group in StaffGroup]

    def queryset(self, _request: HttpRequest, queryset: UserQuerySet) -> UserQuerySet:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


class AddressField(forms.EmailField):
    """An e-mail address, which the person may write in any alphabet after the @."""

    default_validators = [EmailAddressValidator()]  # noqa: RUF012  # as Django has it


class UserForm(VersionedForm):
    """What people say about themselves."""

    class Meta:
        model = User
        fields = tuple(field.name for field in fields(Profile))
        field_classes: ClassVar = {"email": AddressField}

    def read_profile(self) -> Profile:
        """What the form says of the person."""
        return Profile(**{field.name: self.cleaned_data[field.name] for field in fields(Profile)})


class StaffForm(TenantChoiceForm, UserForm):
    """A new staff member."""

    password = forms.CharField(
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, and not a common password.",
    )
    group = forms.ChoiceField(
        choices=[(group, group) for group in ASSIGNABLE],
        initial=StaffGroup.MANAGER,
        widget=UnfoldAdminSelectWidget,
        help_text=" ".join(MEANINGS.values()),
    )

    class Meta(UserForm.Meta):
        fields = ("username", *UserForm.Meta.fields)


class UserAdmin(CommandAdmin):
    """Customers, staff and admins. Customers register themselves; admins add staff here.

    Registered above, where it is known what else there is of a person whose account is closed (`close`).
    """

    form = UserForm
    roles: ClassVar = {"add": Role.ADMIN, "change": Role.ADMIN}
    buttons: ClassVar[tuple[Button, ...]] = (REACTIVATE, SUSPEND, *GROUP_BUTTONS.values(), CLOSE)
    list_display = ("username", "full_name", "email", "role", "group_name", "status_badge", "tenant", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("role", ChoicesDropdownFilter), GroupFilter, TenantFilter)
    list_select_related = ("tenant",)
    search_fields = ("username", "email", "first_name", "last_name")
    search_help_text = "Username, e-mail address, name or id"
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    readonly_fields = ("role", "group_name", "status", "tenant", "id", "last_login", "created_at", "updated_at")
    _person = (
        "Person",
        {"fields": (("first_name", "last_name"), ("email", "phone"), ("newsletter", "notifications"))},
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = annotate_group(super().get_queryset(request)).select_related("tenant")
        return users

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "username") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [("Staff member", {"fields": (("store", "group"), ("username", "password"))}), self._person]
        record = (("created_at", "updated_at"), ("last_login", "tenant"), "id", "seen_version")
        account = ("Account", {"fields": (("username", "status"), ("role", "group_name"))})
        shown = record if self.has_change_permission(request, obj) else record[:-1]
        return [account, self._person, ("Record", {"fields": shown})]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        return super().get_form(request, obj, change=change, **({} if obj else {"form": StaffForm}) | kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A closed account has nothing left to change."""
        is_closed = isinstance(obj, User) and obj.status == User.Status.CLOSED
        return not is_closed and super().has_change_permission(request, obj)

    def requires_reauthentication(self, obj: Model | None) -> bool:
        """Save a new account as staff; others as they are."""
        return obj is None

    def save_model(self, request: HttpRequest, obj: User, form: UserForm, change: bool) -> None:
        obj.pk = (self._update_profile if change else self._create_staff)(obj, form, actor_from(request)).pk

    def buttons_for(self, row: User, actor: Actor) -> tuple[Button, ...]:
        offered = []
        if may_change_status(row, actor):
            offered.append(REACTIVATE if row.status == User.Status.SUSPENDED else SUSPEND)
        if may_change_group(row, actor):
            offered += [button for group, button in GROUP_BUTTONS.items() if group != self.group_name(row)]
        if actor.is_admin and row.status != User.Status.CLOSED:
            offered.append(CLOSE)
        return tuple(offered)

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        """Only the status is changed for many at a time."""
        return button in _TARGETS and actor.has_permission(Permission.CHANGE_USERS)

    def perform(self, button: Button, row: User, *, actor: Actor, reason: str, version: int | None) -> None:
        with tenant_scope(row.tenant_id):
            if button is CLOSE:
                self.close(row, actor, version)
            elif button in _GROUPS:
                group = _GROUPS[button]
                assign_group(user_id=row.pk, group=group, actor=actor, reason=reason, expected_version=version)
            else:
                change_user_status(user_id=row.pk, status=_TARGETS[button], actor=actor, reason=reason)

    def close(self, user: User, actor: Actor, version: int | None) -> None:
        """Calls the use case that closes an account."""
        raise NotImplementedError

    def _update_profile(self, user: User, form: UserForm, actor: Actor) -> User:
        version = form.cleaned_data["seen_version"]
        with tenant_scope(user.tenant_id):
            return update_profile(user_id=user.pk, profile=form.read_profile(), actor=actor, expected_version=version)

    def _create_staff(self, _user: User, form: UserForm, actor: Actor) -> User:
        given = form.cleaned_data
        return create_staff(
            tenant_id=given["store"].pk,
            username=given["username"],
            password=given["password"],
            profile=form.read_profile(),
            actor=actor,
            group=StaffGroup(given["group"]),
        )

    @display(description="Group")
    def group_name(self, user: User) -> str | None:
        name: str | None = getattr(user, "group", None)  # the queryset's; a form for somebody new has none
        return name

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, user: User) -> tuple[str, str]:
        return user.status, user.get_status_display()
