"""The users' pages: customers, staff and admins."""

from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from accounts.email_address import EmailAddressValidator
from accounts.groups import ASSIGNABLE, StaffGroup
from accounts.models import User, UserQuerySet
from accounts.queries import annotate_group_name, may_change_group, may_change_status, may_reset_password
from accounts.services.groups import assign_staff_group
from accounts.services.passwords import make_reset_token
from accounts.services.registration import Profile, change_user_status, update_user_profile
from accounts.services.tenants import create_staff_account
from applications.queries import list_connected_applications
from erasure.services import erase_user
from kernel.actor import Actor, Permission, Role
from petstore.interfaces.backoffice.framework.autocomplete import TenantChoiceForm
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import TenantFilter
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm, VersionedForm
from petstore.interfaces.backoffice.framework.secrets import render_secret_page
from petstore.interfaces.http.password_rules import PASSWORD_HELP
from petstore.interfaces.http.reset_links import build_reset_link

STATUS_COLOURS = {User.Status.ACTIVE: "success", User.Status.SUSPENDED: "danger"}
SUSPEND = Button("suspend", "Suspend", "suspended", confirms=True, asks_reason=True, is_danger=True)
REACTIVATE = Button("reactivate", "Reactivate", "made active again")
CLOSE = Button("close", "Close account", "closed", confirms=True, is_danger=True, is_sensitive=True)
RESET_LINK = Button(
    "reset_link",
    "Password reset link",
    "",
    confirms=True,
    note="Anybody who has the link can set a new password, once and within 24 hours. Until then the old one works.",
    is_sensitive=True,
)
RESET_NOTE = (
    "Give it to the account's owner only: anybody who has it can set their password. It works once, within 24 hours, "
    "and is not shown again."
)
_TARGETS = {SUSPEND: User.Status.SUSPENDED, REACTIVATE: User.Status.ACTIVE}
GROUP_NOTES = {
    StaffGroup.VIEWER: "A viewer sees everything in their tenants and changes nothing.",
    StaffGroup.CLERK: "A clerk places, moves, cancels and refunds orders, and changes nothing else.",
    StaffGroup.MANAGER: "A manager changes orders, pets, webhooks and applications, and suspends customers.",
}


def _build_group_button(group: StaffGroup) -> Button:
    name, note = group.lower(), f"{GROUP_NOTES[group]} It holds from their next click on."
    return Button(
        f"make_{name}", f"Make {name}", f"made a {name}", confirms=True, asks_reason=True, note=note, is_sensitive=True
    )


GROUP_BUTTONS = {group: _build_group_button(group) for group in ASSIGNABLE}
_GROUPS = {button: group for group, button in GROUP_BUTTONS.items()}


class GroupFilter(DropdownFilter):
    """Filter by the group of a staff member."""

    title = "group"
    parameter_name = "group"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(group, group) for group in StaffGroup]

    def queryset(self, _request: HttpRequest, queryset: UserQuerySet) -> UserQuerySet:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


class AddressField(forms.EmailField):
    """An e-mail address, in any alphabet after the @."""

    default_validators = [EmailAddressValidator()]  # noqa: RUF012  # as Django has it


class UserForm(VersionedForm):
    """The profile of a user."""

    class Meta:
        model = User
        fields = tuple(field.name for field in fields(Profile))
        field_classes: ClassVar = {"email": AddressField}

    def read_profile_fields(self) -> Profile:
        """Return the profile as the form has it."""
        return Profile(**{field.name: self.cleaned_data[field.name] for field in fields(Profile)})


class StaffForm(TenantChoiceForm, UserForm):
    """A new staff member."""

    password = forms.CharField(
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_HELP,
    )
    group = forms.ChoiceField(
        choices=[(group, group) for group in ASSIGNABLE],
        initial=StaffGroup.MANAGER,
        widget=UnfoldAdminSelectWidget,
        help_text=" ".join(GROUP_NOTES.values()),
    )

    class Meta(UserForm.Meta):
        fields = ("username", *UserForm.Meta.fields)


@admin.register(User)
class UserAdmin(CommandAdmin):
    """Customers, staff and admins. Customers register themselves; admins add staff here."""

    form = UserForm
    roles: ClassVar = {"add": Role.ADMIN, "change": Role.ADMIN}
    buttons: ClassVar[tuple[Button, ...]] = (REACTIVATE, SUSPEND, *GROUP_BUTTONS.values(), CLOSE, RESET_LINK)
    list_display = ("username", "full_name", "email", "role", "group_name", "status_badge", "tenant", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("role", ChoicesDropdownFilter), GroupFilter, TenantFilter)
    list_select_related = ("tenant",)
    search_fields = ("username", "email", "first_name", "last_name")
    search_help_text = "Username, e-mail address, name or id"
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    change_form_outer_after_template = "admin/accounts/applications.html"
    readonly_fields = ("role", "group_name", "status", "tenant", "id", "last_login", "created_at", "updated_at")
    _person = (
        "Person",
        {"fields": (("first_name", "last_name"), ("email", "phone"), ("newsletter", "notifications"))},
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = annotate_group_name(super().get_queryset(request)).select_related("tenant")
        return users

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "username") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [("Staff member", {"fields": (("store", "group"), ("username", "password"))}), self._person]
        record = (("created_at", "updated_at"), ("last_login", "tenant"), "id", "seen_version")
        account = ("Account", {"fields": (("username", "status"), ("role", "group_name"))})
        visible = record if self.has_change_permission(request, obj) else record[:-1]
        return [account, self._person, ("Record", {"fields": visible})]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        return super().get_form(request, obj, change=change, **({} if obj else {"form": StaffForm}) | kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Allow no changes of a closed account."""
        is_closed = isinstance(obj, User) and obj.status == User.Status.CLOSED
        return not is_closed and super().has_change_permission(request, obj)

    def requires_password_to_save(self, row: Model | None) -> bool:
        """Require the password for a new staff account; changes of a profile need none."""
        return row is None

    def build_page_context(self, row: User, actor: Actor) -> dict[str, Any]:
        journal = f"{reverse('admin:events_auditevent_changelist')}?actor={row.pk}"
        rooms = f"{reverse('admin:chat_room_changelist')}?q={row.pk}"
        room_links = [("Support rooms", rooms)] if row.role == Role.CUSTOMER else []
        return {
            "links": [*room_links, ("Journal of this user's actions", journal)],
            "applications": list_connected_applications(row),
        }

    def add_row(self, row: User, form: UserForm, actor: Actor) -> User:
        given = form.cleaned_data
        return create_staff_account(
            tenant_id=given["store"].pk,
            username=given["username"],
            password=given["password"],
            profile=form.read_profile_fields(),
            actor=actor,
            group=StaffGroup(given["group"]),
        )

    def change_row(self, row: User, form: UserForm, actor: Actor) -> User:
        version = form.cleaned_data["seen_version"]
        return update_user_profile(
            user_id=row.pk, profile=form.read_profile_fields(), actor=actor, expected_version=version
        )

    def list_row_buttons(self, row: User, actor: Actor) -> tuple[Button, ...]:
        buttons = []
        if may_change_status(row, actor):
            buttons.append(REACTIVATE if row.status == User.Status.SUSPENDED else SUSPEND)
        if may_change_group(row, actor):
            buttons += [button for group, button in GROUP_BUTTONS.items() if group != self.group_name(row)]
        if actor.is_admin and row.status != User.Status.CLOSED:
            buttons.append(CLOSE)
        if may_reset_password(row, actor):
            buttons.append(RESET_LINK)
        return tuple(buttons)

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        """Allow the change of a status only for many rows at a time."""
        return button in _TARGETS and actor.has_permission(Permission.CHANGE_USERS)

    def perform_row_command(
        self, button: Button, row: User, *, actor: Actor, reason: str, version: int | None
    ) -> str | None:
        """Change a user, or make a token for a reset link and return it."""
        if button is RESET_LINK:
            return make_reset_token(user_id=row.pk, actor=actor)
        if button is CLOSE:
            erase_user(user_id=row.pk, actor=actor, expected_version=version)
        elif button in _GROUPS:
            group = _GROUPS[button]
            assign_staff_group(user_id=row.pk, group=group, actor=actor, reason=reason, expected_version=version)
        else:
            change_user_status(user_id=row.pk, status=_TARGETS[button], actor=actor, reason=reason)
        return None

    def build_command_response(self, request: HttpRequest, button: Button, row: User, outcome: Any) -> HttpResponse:
        """Show a reset link in the response to the POST and nowhere else."""
        if button is not RESET_LINK:
            return super().build_command_response(request, button, row, outcome)
        link = build_reset_link(row.pk, outcome, site=request.build_absolute_uri("/").rstrip("/"))
        return render_secret_page(self, request, row, secret=link, note=RESET_NOTE, title="Password reset link")

    @display(description="Group")
    def group_name(self, user: User) -> str | None:
        name: str | None = getattr(user, "group", None)  # the queryset's; a form for somebody new has none
        return name

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, user: User) -> tuple[str, str]:
        return user.status, user.get_status_display()
