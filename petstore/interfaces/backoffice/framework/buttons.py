"""Buttons that give a row a command: one at a time on its page, or to many from the list.

A GET shows the confirmation page and changes nothing; every change is a POST with the version that the
person saw, so a click on a stale page is refused by the use case. A sensitive command asks for one's own password
too, unless it was given a moment ago; the site knows when that was, and checks it (`asks_password`, `reauthenticate`).
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
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin, actor_from, error_message
from petstore.interfaces.backoffice.framework.reauthentication import password_field

MAX_BULK_ROWS = 200
MAX_MESSAGES = 10


@dataclass(frozen=True, slots=True)
class Button:
    """A command as people see it.

    Attributes:
        name: its place in the address.
        label: what the button says.
        done: what has happened afterwards, after a number and the rows' name: "approved"; blank where the page that
            follows says it.
        confirms: it is asked for once more on a page of its own.
        asks_reason: that page wants a reason too.
        is_danger: it looks dangerous.
        note: what else happens; that page says it.
        doubt: why some rows need a reason (`CommandAdmin.rows_needing_reason`); that page shows it above them.
        is_sensitive: that page wants one's own password, unless it was given a moment ago.
    """

    name: str
    label: str
    done: str
    confirms: bool = False
    asks_reason: bool = False
    is_danger: bool = False
    note: str = ""
    doubt: str = ""
    is_sensitive: bool = False


class CommandForm(forms.Form):
    """What a command needs from the page."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True}))
    password = password_field()

    def __init__(
        self, button: Button, *args: Any, needs_version: bool = False, asks_password: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].required = needs_version
        if not button.asks_reason:
            del self.fields["reason"]
        if not asks_password:
            del self.fields["password"]


class CommandAdmin(BackOfficeAdmin):
    """Pages of a model whose rows take commands.

    Attributes:
        is_versioned: a row's page sends along the version that it showed; the use case refuses any other.
    """

    buttons: ClassVar[tuple[Button, ...]] = ()
    is_versioned: ClassVar[bool] = True
    change_form_outer_before_template = "admin/commands.html"

    def buttons_for(self, row: Any, actor: Actor) -> Sequence[Button]:
        """The buttons that this row shows to this actor."""
        raise NotImplementedError

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        """Whether the list offers the command at all to this actor."""
        raise NotImplementedError

    def perform(self, button: Button, row: Any, *, actor: Actor, reason: str, version: int | None) -> Any:
        """Call the use case, in the row's own tenant, and return what came of it, if that matters; whatever it refuses
        is told to the person."""
        raise NotImplementedError

    def rows_needing_reason(self, button: Button, rows: Sequence[Any]) -> list[Any]:
        """Those of these rows that take the command with a reason only; a page asks for it, and names them first."""
        return []

    def describe_row(self, row: Any) -> str:
        """What the confirmation page says of a row besides its name and status."""
        return ""

    def success_message(self, button: Button, outcome: Any) -> str:
        """What has happened, after a number and the rows' name."""
        return button.done

    def response_command(self, request: HttpRequest, button: Button, row: Any, outcome: Any) -> HttpResponse:
        """What one sees when a row has taken a command on its page."""
        return redirect(return_url(request) or self.change_url(row.pk))

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_command"
        view = self.admin_site.admin_view(self.command_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("<path:object_id>/command/<str:name>/", view, name=name), *urls]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        buttons = self.buttons_for(row, actor_from(request)) if row is not None else ()
        context["buttons"] = [_with_reason(button, self.rows_needing_reason(button, [row])) for button in buttons]
        page: HttpResponse = super().render_change_form(request, context, **kwargs)
        return page

    @method_decorator(sensitive_post_parameters("password"))
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    @method_decorator(sensitive_post_parameters("password"))
    def command_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask (GET), or give one row a command (POST)."""
        button, row = self._find_button(name), self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        doubtful, asks_password = self.rows_needing_reason(button, [row]), self._needs_password(request, button)
        button = _with_reason(button, doubtful)
        fresh = CommandForm(button, initial={"version": getattr(row, "version", None)}, asks_password=asks_password)
        if request.method != "POST" or (doubtful and "reason" not in request.POST):
            return self._render_confirmation(request, button, [row], fresh, doubtful)
        form = CommandForm(button, request.POST, needs_version=self.is_versioned, asks_password=asks_password)
        if not form.is_valid() or not self._check_password(request, form):
            return self._render_confirmation(
                request, button, [row], fresh if "version" in form.errors else form, doubtful
            )
        for outcome in self._perform_all(request, button, [row], form.cleaned_data):
            return self.response_command(request, button, row, outcome)
        return redirect(return_url(request) or self.change_url(object_id))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        given = (button for button in self.buttons if self.has_bulk_permission(button, actor_from(request)))
        return actions | {button.name: (_bulk_action(button), button.name, button.label) for button in given}

    def perform_bulk(self, request: HttpRequest, button: Button, rows: QuerySet[Any]) -> HttpResponse | None:
        """The same for the rows ticked in a list; each is a transaction of its own."""
        found = list(rows[: MAX_BULK_ROWS + 1])
        if len(found) > MAX_BULK_ROWS:
            self.message_user(request, f"Choose {MAX_BULK_ROWS} at most.", "error")
            return None
        doubtful, asks_password = self.rows_needing_reason(button, found), self._needs_password(request, button)
        asking = _with_reason(button, doubtful)
        is_answer = "confirmed" in request.POST or not asking.confirms
        form = CommandForm(asking, request.POST if is_answer else None, asks_password=asks_password)
        if not is_answer or not form.is_valid() or not self._check_password(request, form):
            return self._render_confirmation(request, asking, found, form, doubtful, is_bulk=True)
        explained = found if button.asks_reason else doubtful
        self._perform_all(request, asking, found, form.cleaned_data | {"version": None}, explained)
        return None

    def _find_button(self, name: str) -> Button:
        for button in self.buttons:
            if button.name == name:
                return button
        raise Http404

    def _needs_password(self, request: HttpRequest, button: Button) -> bool:
        return button.is_sensitive and bool(self.admin_site.needs_reauthentication(request))

    def _check_password(self, request: HttpRequest, form: CommandForm) -> bool:
        """Whether the password in a form that asks for one is right; if not, the form says so."""
        if "password" in form.fields:
            try:
                self.admin_site.reauthenticate(request, form.cleaned_data["password"])
            except DomainError as refusal:
                form.add_error("password", error_message(refusal))
        return form.is_valid()

    def _perform_all(
        self,
        request: HttpRequest,
        button: Button,
        rows: list[Any],
        answers: dict[str, Any],
        explained: list[Any] | None = None,
    ) -> list[Any]:
        """Give the command to each row and return the outcomes; refusals are told to the person.

        Args:
            explained: the rows that the reason is about; None for all.
        """
        actor, version, outcomes, refused = actor_from(request), answers.get("version"), [], []
        for row in rows:
            reason = answers.get("reason", "") if explained is None or row in explained else ""
            try:
                outcomes.append(self.perform(button, row, actor=actor, reason=reason, version=version))
            except DomainError as refusal:
                refused.append(f"{row}: {error_message(refusal)}")
        self._report_outcomes(request, [self.success_message(button, outcome) for outcome in outcomes], refused)
        return outcomes

    def _report_outcomes(self, request: HttpRequest, done: list[str], refused: list[str]) -> None:
        for text, number in Counter(filter(None, done)).items():
            name = self.opts.verbose_name if number == 1 else self.opts.verbose_name_plural
            self.message_user(request, f"{number} {name} {text}.", "success")
        for text in refused[:MAX_MESSAGES]:
            self.message_user(request, text, "error")
        if len(refused) > MAX_MESSAGES:
            self.message_user(request, f"{len(refused) - MAX_MESSAGES} more were refused.", "error")

    def _render_confirmation(  # noqa: PLR0913  # the parts of the page
        self,
        request: HttpRequest,
        button: Button,
        rows: list[Model],
        form: CommandForm,
        doubtful: list[Model],
        *,
        is_bulk: bool = False,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{button.label}: {rows[0] if len(rows) == 1 else len(rows)}",
            "opts": self.opts,
            "button": button,
            "rows": rows,
            "doubtful": [(row, self.describe_row(row)) for row in doubtful],
            "lines": [(row, self.describe_row(row)) for row in rows if row not in doubtful],
            "command_form": form,
            "is_bulk": is_bulk,
            "back": return_url(request),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/command_confirmation.html", context)


def return_url(request: HttpRequest) -> str:
    """The page of the back office that one came from and wants back to; blank if it is the row's own."""
    address = request.POST.get("back") or request.GET.get("back", "")
    return address if address.startswith(reverse("admin:index")) else ""


def _with_reason(button: Button, doubtful: Sequence[Any]) -> Button:
    """The button as it is for rows of which some take the command with a reason only."""
    return replace(button, confirms=True, asks_reason=True) if doubtful else button


def _bulk_action(button: Button) -> Callable[[CommandAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    def run_action(pages: CommandAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return pages.perform_bulk(request, button, rows)

    return run_action
