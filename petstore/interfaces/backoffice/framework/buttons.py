"""Buttons that give a row a command: one at a time on its page, or many from the list.

A GET shows the confirmation page and changes nothing; every change is a POST with the version that the person saw, so
the use case refuses a click on a stale page. A sensitive command also asks for one's own password, unless it was given
a moment ago (`needs_fresh_password` and `reauthenticate_user` of the site).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextareaWidget

from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.text import MAX_REASON
from petstore.interfaces.backoffice.framework.forms import format_error_message
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin, read_request_actor
from petstore.interfaces.backoffice.framework.reauthentication import build_password_field

MAX_BULK_ROWS = 200
MAX_MESSAGES = 10


@dataclass(frozen=True, slots=True)
class Button:
    """A command as people see it.

    Attributes:
        name: its part of the address.
        label: the text on the button.
        success_text: the message afterwards, after a number and the rows' name: "approved"; blank where the page that
            follows says it.
        confirms: a page of its own asks for confirmation.
        asks_reason: that page requires a reason, too.
        is_danger: it is shown in red.
        note: what else happens; that page says it.
        warning: why some rows need a reason (`CommandAdmin.rows_needing_reason`); that page shows it above them.
        is_sensitive: that page requires one's own password, unless it was given a moment ago.
    """

    name: str
    label: str
    success_text: str
    confirms: bool = False
    asks_reason: bool = False
    is_danger: bool = False
    note: str = ""
    warning: str = ""
    is_sensitive: bool = False


class CommandForm(forms.Form):
    """The fields of a command: the version that was seen, and a reason and a password where they are required."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        max_length=MAX_REASON, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True})
    )
    password = build_password_field()

    def __init__(
        self, button: Button, *args: Any, needs_version: bool = False, needs_password: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].required = needs_version
        if not button.asks_reason:
            del self.fields["reason"]
        if not needs_password:
            del self.fields["password"]


class CommandAdmin(BackOfficeAdmin):
    """Pages of a model whose rows take commands.

    Attributes:
        is_versioned: a row's page sends along the version that it showed; the use case refuses any other.
    """

    buttons: ClassVar[tuple[Button, ...]] = ()
    is_versioned: ClassVar[bool] = True
    change_form_outer_before_template = "admin/command_bar.html"

    def list_row_buttons(self, row: Any, actor: Actor) -> Sequence[Button]:
        """Return the buttons that this row shows to this actor."""
        raise NotImplementedError

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        """Return whether the list offers the command to this actor."""
        raise NotImplementedError

    def perform_row_command(self, button: Button, row: Any, *, actor: Actor, reason: str, version: int | None) -> Any:
        """Call the use case and return its outcome; the row's tenant is in scope.

        Raises:
            DomainError: the use case refuses; the person is shown why.
        """
        raise NotImplementedError

    def rows_needing_reason(self, button: Button, rows: Sequence[Any]) -> list[Any]:
        """Return those of the rows that need a reason; a page asks for it, and lists them first."""
        return []

    def describe_affected_row(self, row: Any) -> str:
        """Return what the confirmation page says of a row besides its name and status."""
        return ""

    def build_success_message(self, button: Button, outcome: Any) -> str:
        """Return the message afterwards, to follow a number and the rows' name."""
        return button.success_text

    def build_command_response(self, request: HttpRequest, button: Button, row: Any, outcome: Any) -> HttpResponse:
        """Return the page that follows a command on a row's page."""
        return redirect(read_return_url(request) or self.build_change_url(row.pk))

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_command"
        view = self.admin_site.admin_view(self.row_command_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("<path:object_id>/command/<str:name>/", view, name=name), *urls]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        buttons = self.list_row_buttons(row, read_request_actor(request)) if row is not None else ()
        context["buttons"] = [
            _require_reason_for(button, self.rows_needing_reason(button, [row])) for button in buttons
        ]
        page: HttpResponse = super().render_change_form(request, context, **kwargs)
        return page

    @method_decorator(sensitive_post_parameters("password"))
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    @method_decorator(sensitive_post_parameters("password"))
    def row_command_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask for confirmation (GET), or give one row a command (POST)."""
        button, row = self._find_button_named(name), self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        unusual, needs_password = self.rows_needing_reason(button, [row]), self._needs_command_password(request, button)
        button = _require_reason_for(button, unusual)
        blank = CommandForm(button, initial={"version": getattr(row, "version", None)}, needs_password=needs_password)
        if request.method != "POST" or (unusual and "reason" not in request.POST):
            return self._render_confirmation_page(request, button, [row], blank, unusual)
        form = CommandForm(button, request.POST, needs_version=self.is_versioned, needs_password=needs_password)
        if not form.is_valid() or not self._check_form_password(request, form):
            return self._render_confirmation_page(
                request, button, [row], blank if "version" in form.errors else form, unusual
            )
        for outcome in self._perform_on_rows(request, button, [row], form.cleaned_data):
            return self.build_command_response(request, button, row, outcome)
        return redirect(read_return_url(request) or self.build_change_url(object_id))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions, actor = super().get_actions(request), read_request_actor(request)
        allowed = (button for button in self.buttons if self.has_bulk_permission(button, actor))
        return actions | {button.name: (_build_bulk_action(button), button.name, button.label) for button in allowed}

    def perform_bulk_command(self, request: HttpRequest, button: Button, rows: QuerySet[Any]) -> HttpResponse | None:
        """Give the rows ticked in a list a command; each is a transaction of its own."""
        found = list(rows[: MAX_BULK_ROWS + 1])
        if len(found) > MAX_BULK_ROWS:
            self.message_user(request, f"Choose {MAX_BULK_ROWS} at most.", "error")
            return None
        unusual, needs_password = self.rows_needing_reason(button, found), self._needs_command_password(request, button)
        asking = _require_reason_for(button, unusual)
        is_confirmed = "confirmed" in request.POST or not asking.confirms
        form = CommandForm(asking, request.POST if is_confirmed else None, needs_password=needs_password)
        if not is_confirmed or not form.is_valid() or not self._check_form_password(request, form):
            return self._render_confirmation_page(request, asking, found, form, unusual, is_bulk=True)
        explained = found if button.asks_reason else unusual
        self._perform_on_rows(request, asking, found, form.cleaned_data | {"version": None}, explained)
        return None

    def _find_button_named(self, name: str) -> Button:
        for button in self.buttons:
            if button.name == name:
                return button
        raise Http404

    def _needs_command_password(self, request: HttpRequest, button: Button) -> bool:
        return button.is_sensitive and bool(self.admin_site.needs_fresh_password(request))

    def _check_form_password(self, request: HttpRequest, form: CommandForm) -> bool:
        """Return whether the form has no password to check or the right one; if it is wrong, the form says so."""
        if "password" in form.fields:
            try:
                self.admin_site.reauthenticate_user(request, form.cleaned_data["password"])
            except DomainError as error:
                form.add_error("password", format_error_message(error))
        return form.is_valid()

    def _perform_on_rows(
        self,
        request: HttpRequest,
        button: Button,
        rows: list[Any],
        answers: dict[str, Any],
        explained: list[Any] | None = None,
    ) -> list[Any]:
        """Give each row the command, in its own tenant, and return the outcomes; errors become messages.

        Args:
            explained: the rows that the reason is about; None for all.
        """
        actor, version, outcomes, refused = read_request_actor(request), answers.get("version"), [], []
        for row in rows:
            reason = answers.get("reason", "") if explained is None or row in explained else ""
            try:
                with self.open_row_scope(row):
                    outcomes.append(self.perform_row_command(button, row, actor=actor, reason=reason, version=version))
            except DomainError as error:
                refused.append(f"{row}: {format_error_message(error)}")
        self._report_command_outcomes(
            request, [self.build_success_message(button, outcome) for outcome in outcomes], refused
        )
        return outcomes

    def _report_command_outcomes(self, request: HttpRequest, done: list[str], refused: list[str]) -> None:
        for text, number in Counter(filter(None, done)).items():
            name = self.opts.verbose_name if number == 1 else self.opts.verbose_name_plural
            self.message_user(request, f"{number} {name} {text}.", "success")
        for text in refused[:MAX_MESSAGES]:
            self.message_user(request, text, "error")
        if len(refused) > MAX_MESSAGES:
            self.message_user(request, f"{len(refused) - MAX_MESSAGES} more were refused.", "error")

    def _render_confirmation_page(  # noqa: PLR0913  # the parts of the page
        self,
        request: HttpRequest,
        button: Button,
        rows: list[Model],
        form: CommandForm,
        unusual: list[Model],
        *,
        is_bulk: bool = False,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{button.label}: {rows[0] if len(rows) == 1 else len(rows)}",
            "opts": self.opts,
            "button": button,
            "rows": rows,
            "unusual_rows": [(row, self.describe_affected_row(row)) for row in unusual],
            "usual_rows": [(row, self.describe_affected_row(row)) for row in rows if row not in unusual],
            "command_form": form,
            "is_bulk": is_bulk,
            "back": read_return_url(request),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/command_confirmation.html", context)


def read_return_url(request: HttpRequest) -> str:
    """Return the page of the back office to go back to afterwards; blank for the row's own."""
    address = request.POST.get("back") or request.GET.get("back", "")
    return address if address.startswith(reverse("admin:index")) else ""


def _require_reason_for(button: Button, unusual: Sequence[Any]) -> Button:
    """Return the button as it is for rows of which some take the command with a reason only."""
    return replace(button, confirms=True, asks_reason=True) if unusual else button


def _build_bulk_action(button: Button) -> Callable[[CommandAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """Return the button as an action of Django's list."""

    def run_bulk_action(admin: CommandAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return admin.perform_bulk_command(request, button, rows)

    return run_bulk_action
