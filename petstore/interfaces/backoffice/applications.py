"""The applications' pages: programs of other developers, and what they may ask users for (contract, OAuth 2.0)."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from applications.models import Application
from applications.queries import count_connected_people
from applications.services.lifecycle import delete_application, pause_application, resume_application
from applications.services.registration import (
    MAX_REDIRECT_URIS,
    RegisteredApplication,
    change_application,
    register_application,
    rotate_client_secret,
)
from kernel.actor import Actor, Permission
from petstore.interfaces.backoffice.framework.autocomplete import TenantChoiceForm
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import TenantFilter
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm, VersionedForm
from petstore.interfaces.backoffice.framework.secrets import render_secret_page
from petstore.interfaces.http.scope_words import SCOPE_WORDS, describe_scopes
from tenants.scoping import TenantQuerySet

STATUS_COLOURS = {Application.Status.ACTIVE: "success", Application.Status.PAUSED: "danger"}
TYPE_CHOICES = (
    (Application.Type.CONFIDENTIAL, "Confidential: it runs on a server of its own, which keeps a secret"),
    (Application.Type.PUBLIC, "Public: it runs on people's phones, computers or in their browsers, and has no secret"),
)
RESUME = Button("resume", "Resume", "made active again")
PAUSE = Button(
    "pause",
    "Pause",
    "paused",
    confirms=True,
    is_danger=True,
    note="All its tokens end at once, and it gets none until it is resumed. People then have to log in with it again; "
    "what they have allowed it is kept.",
)
ROTATE = Button(
    "rotate",
    "Rotate secret",
    "given a new secret",
    confirms=True,
    is_danger=True,
    note="The new secret is shown once. The old one is good for nothing from that moment on: until the new one is in "
    "its place, the application can neither connect people nor renew their tokens.",
    is_sensitive=True,
)
DELETE = Button(
    "remove",
    "Delete",
    "deleted",
    confirms=True,
    is_danger=True,
    note="All its tokens end at once, and what people have allowed it is deleted. This cannot be undone: registered "
    "again it has another client id.",
    is_sensitive=True,
)


class LinesField(forms.Field):
    """A list of texts, one a line."""

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in (value or "").split("\n") if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class ApplicationForm(VersionedForm):
    """The form of an application's registration."""

    redirect_uris = LinesField(
        label="Redirect URIs",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=f"Where people are sent back to, one a line, {MAX_REDIRECT_URIS} at most, each exactly as the "
        "application sends it: https://app.example/callback. For programs on people's own machines "
        "http://127.0.0.1/callback or http://[::1]/callback, at any port; for public applications also "
        "com.example.app:/callback.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(str(scope), f"{words.title} ({scope})") for scope, words in SCOPE_WORDS.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="It may ask people for these, in these words, and for no others; each person decides. Where one is "
        "taken away, the tokens that have it end at once.",
    )
    is_device = forms.BooleanField(
        label="Devices",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="It may run where there is no browser, such as on a television: it shows a code, which people enter "
        "in their own browser. It then needs no redirect URI.",
    )

    class Meta:
        model = Application
        fields: tuple[str, ...] = ("name", "redirect_uris", "scopes", "is_device")
        help_texts: ClassVar = {"name": "As people read it when they are asked to allow it something."}


class NewApplicationForm(TenantChoiceForm, ApplicationForm):
    """A new application, which is ACTIVE."""

    type = forms.ChoiceField(
        choices=TYPE_CHOICES,
        initial=Application.Type.CONFIDENTIAL,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="It cannot be changed later.",
    )

    class Meta(ApplicationForm.Meta):
        fields = ("name", "type", "redirect_uris", "scopes", "is_device")


@admin.register(Application)
class ApplicationAdmin(CommandAdmin):
    """The applications of other developers. A secret is shown when it is made, and never again."""

    form = ApplicationForm
    permissions: ClassVar = dict.fromkeys(("add", "change"), Permission.CHANGE_APPLICATIONS)
    buttons = (RESUME, PAUSE, ROTATE, DELETE)
    quick_filter = "status"
    list_display = ("name", "type_name", "status_badge", "scope_names", "tenant", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("type", ChoicesDropdownFilter), TenantFilter)
    list_select_related = ("tenant",)
    search_fields = ("name", "client_id")
    search_help_text = "Name, client id or id"
    ordering = ("-created_at", "-id")
    readonly_fields = (
        "client_id_text",
        "type_name",
        "status",
        "connected_people",
        "redirect_uri_lines",
        "scope_lines",
        "device_mark",
        "tenant",
        "id",
        "created_at",
        "updated_at",
    )

    def get_queryset(self, request: HttpRequest) -> TenantQuerySet[Application]:
        rows: TenantQuerySet[Application] = super().get_queryset(request).select_related("tenant")
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return (*self.readonly_fields, "name")
        return self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [
                (None, {"fields": ("store", "name", "type", "redirect_uris", "is_device")}),
                ("What it may ask for", {"fields": ("scopes",)}),
            ]
        identity = ("client_id_text", ("type_name", "status"), "connected_people")
        record = (("created_at", "updated_at"), ("tenant", "id"))
        if not self.has_change_permission(request, obj):
            return [
                (None, {"fields": ("name", *identity)}),
                ("What it may ask for", {"fields": ("scope_lines", "redirect_uri_lines", "device_mark")}),
                ("Record", {"fields": record}),
            ]
        return [
            (None, {"fields": ("name", *identity)}),
            ("What it may ask for", {"fields": ("scopes", "redirect_uris", "is_device")}),
            ("Record", {"fields": (*record, "seen_version")}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        return super().get_form(request, obj, change=change, **({} if obj else {"form": NewApplicationForm}) | kwargs)

    def requires_password_to_save(self, row: Model | None) -> bool:
        return True

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if kwargs.get("add"):
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, **kwargs)

    def add_row(self, row: Application, form: NewApplicationForm, actor: Actor) -> Application:
        given = form.cleaned_data
        registered = register_application(
            name=given["name"],
            redirect_uris=given["redirect_uris"],
            scopes=given["scopes"],
            is_public=given["type"] == Application.Type.PUBLIC,
            is_device=given["is_device"],
            actor=actor,
        )
        row.client_id = registered.application.client_id
        vars(row)["shown_secret"] = registered.secret  # by `response_add`
        return registered.application

    def change_row(self, row: Application, form: ApplicationForm, actor: Actor) -> Application:
        given = form.cleaned_data
        return change_application(
            application_id=row.pk,
            name=given["name"],
            redirect_uris=given["redirect_uris"],
            scopes=given["scopes"],
            is_device=given["is_device"],
            actor=actor,
            expected_version=given["seen_version"],
        )

    def response_add(
        self, request: HttpRequest, obj: Application, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret of a CONFIDENTIAL application, and the page of a PUBLIC one."""
        self.message_user(request, f"{obj} is registered.", "success")
        secret = vars(obj)["shown_secret"]
        return self._render_client_secret(request, obj, secret) if secret else redirect(self.build_change_url(obj.pk))

    def list_row_buttons(self, row: Application, actor: Actor) -> tuple[Button, ...]:
        if not actor.has_permission(Permission.CHANGE_APPLICATIONS):
            return ()
        first = PAUSE if row.is_active else RESUME
        return (first, DELETE) if row.is_public else (first, ROTATE, DELETE)

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return False

    def describe_affected_row(self, row: Application) -> str:
        number = count_connected_people(row)
        return f"{_count_people(number)} {'are' if number > 1 else 'is'} connected"

    def perform_row_command(
        self, button: Button, row: Application, *, actor: Actor, reason: str, version: int | None
    ) -> RegisteredApplication | None:
        if button is ROTATE:
            return rotate_client_secret(application_id=row.pk, actor=actor, expected_version=version)
        if button is DELETE:
            delete_application(application_id=row.pk, actor=actor, expected_version=version)
        elif button is PAUSE:
            pause_application(application_id=row.pk, actor=actor, expected_version=version)
        else:
            resume_application(application_id=row.pk, actor=actor, expected_version=version)
        return None

    def build_command_response(
        self, request: HttpRequest, button: Button, row: Application, outcome: Any
    ) -> HttpResponse:
        """Show a new secret; lead from a deleted application to the list."""
        if button is ROTATE:
            return self._render_client_secret(request, row, outcome.secret)
        if button is DELETE:
            return redirect("admin:applications_application_changelist")
        return super().build_command_response(request, button, row, outcome)

    def _render_client_secret(self, request: HttpRequest, row: Application, secret: str) -> HttpResponse:
        note = (
            "Copy it now: it is not shown again. The application sends it together with its client id, which is no "
            f"secret: {row.client_id}"
        )
        return render_secret_page(self, request, row, secret=secret, note=note, title="Client secret")

    @display(description="Type", ordering="type")
    def type_name(self, application: Application) -> str:
        return application.get_type_display()

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, application: Application) -> tuple[str, str]:
        return application.status, application.get_status_display()

    @display(description="Scopes")
    def scope_names(self, application: Application) -> str:
        return ", ".join(application.scopes)

    @display(description="Client id")
    def client_id_text(self, application: Application) -> SafeString:
        return format_html("<code>{}</code>", application.client_id)

    @display(description="Connected")
    def connected_people(self, application: Application) -> str:
        return _count_people(count_connected_people(application))

    @display(description="Devices", boolean=True)
    def device_mark(self, application: Application) -> bool:
        return application.is_device

    @display(description="Redirect URIs", empty_value="none")
    def redirect_uri_lines(self, application: Application) -> SafeString | None:
        lines = format_html_join("", "<li>{}</li>", ((uri,) for uri in application.redirect_uris))
        return format_html("<ul>{}</ul>", lines) if lines else None

    @display(description="Scopes")
    def scope_lines(self, application: Application) -> SafeString:
        lines = ((line.title, line.scope) for line in describe_scopes(application.scopes))
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} ({})</li>", lines))


def _count_people(number: int) -> str:
    return {0: "nobody", 1: "1 person"}.get(number, f"{number} people")
