"""The base of every model's pages: rights from the role, writes through use cases, refusals as messages."""

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin

from kernel import ids
from kernel.actor import Actor, Permission, Role
from kernel.errors import DomainError, FreshProofRequired, Kind
from kernel.search import SearchTooLong, split_search
from petstore.interfaces.backoffice.framework.change_lists import BoundedChangeList, BoundedPaginator
from petstore.interfaces.backoffice.framework.filters import choice_links
from petstore.interfaces.backoffice.framework.reauthentication import ReauthenticationForm
from tenants.scoping import current_scope

STALE = "Somebody else has changed this in the meantime. Look at it as it is now before you try again."


def actor_from(request: HttpRequest) -> Actor:
    """Who is at the screen; the middleware that opened the scope knows."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by BackOfficeScopeMiddleware
    return actor


def error_message(refusal: DomainError) -> str:
    """A refusal in words for a person: its faults where it has some."""
    if refusal.kind is Kind.STALE:
        return STALE
    return " ".join(fault.message for fault in refusal.faults) or refusal.detail


def _sees_one_tenant() -> bool:
    """Whoever is at the screen works in one tenant only."""
    tenant_ids = current_scope().tenant_ids
    return tenant_ids is not None and len(tenant_ids) == 1


class BackOfficeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A form that shows the refusal of a use case as it shows any other mistake.

    Attributes:
        refusal: what the use case said to these very values.
        field_names: the form's field for a fault of another name.
    """

    refusal: ClassVar[DomainError | None] = None
    field_names: ClassVar[Mapping[str, str]] = {}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal is not None:
            self._add_domain_error(self.refusal)
        return cleaned

    def _add_domain_error(self, refusal: DomainError) -> None:
        if not refusal.faults:
            self.add_error(None, error_message(refusal))
        for fault in refusal.faults:
            name = self.field_names.get(fault.field, fault.field)
            self.add_error(name if name in self.fields else None, fault.message)


class VersionedForm(BackOfficeForm):
    """A form that sends along the version of the row that its page showed."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.version
        self.fields["seen_version"].required = not self.instance._state.adding


class BackOfficeAdmin(ModelAdmin):
    """Pages of one model. `save_model` and `delete_model` of a subclass call a use case, never the ORM.

    Attributes:
        roles: who may add, change or delete whatever their group, by their role.
        permissions: who may, by what their group permits; what is missing in both nobody may do.
        id_fields: the columns that a search for a UUID looks into.
        chips: the field whose choices stand above the list; it is among the filters, too.
    """

    roles: ClassVar[Mapping[str, Role]] = {}
    permissions: ClassVar[Mapping[str, Permission]] = {}
    id_fields: ClassVar[tuple[str, ...]] = ("id",)
    chips: ClassVar[str] = ""
    list_before_template = "admin/chips.html"
    change_form_after_template = "admin/reauthentication.html"
    form = BackOfficeForm
    show_full_result_count = False
    list_filter_submit = True
    list_per_page = 50
    paginator = BoundedPaginator
    list_disable_select_all = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_from(request).is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return actor_from(request).is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._has_permission(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._has_permission(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._has_permission(request, "delete")

    def _has_permission(self, request: HttpRequest, what: str) -> bool:
        role, permission, actor = self.roles.get(what), self.permissions.get(what), actor_from(request)
        if permission is not None:
            return actor.has_permission(permission)
        return role is not None and (actor.is_admin if role is Role.ADMIN else actor.is_staff)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; a query or a choice of rows that no page of ours sends is a bad request, never an error inside."""
        self.check_query(request)
        if not all(map(ids.parse_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise BadRequest
        chips = list(choice_links(self.opts.get_field(self.chips), request)) if self.chips else []
        try:
            answer: HttpResponse = super().changelist_view(request, {"chips": chips} | (extra_context or {}))
        except SearchTooLong as refusal:
            return self.redirect_without_search(request, refusal)
        return answer

    def redirect_without_search(self, request: HttpRequest, refusal: SearchTooLong) -> HttpResponse:
        """The list without the search that was refused, and why."""
        self.message_user(request, error_message(refusal), "error")
        query = request.GET.copy()
        query.pop("q", None)
        return redirect(
            f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_changelist')}?{query.urlencode()}"
        )

    def check_query(self, request: HttpRequest) -> None:
        """Raise BadRequest for texts in the address that no database takes."""
        if any("\x00" in text for _, texts in request.GET.lists() for text in texts):
            raise BadRequest

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the page's own filters ask for: any other could guess, letter by letter, what no page shows."""
        return lookup in self.allowed_lookups()

    def allowed_lookups(self) -> Iterator[str]:
        """What the addresses of the list may ask for, besides search, order and page."""
        for asked in self.list_filter:
            names = [f"{asked[0]}{end}" for end in ("__exact", "_from", "_to")] if isinstance(asked, tuple) else ()
            yield from names or (asked.parameter_name,)
        if self.date_hierarchy:
            yield from (f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return BoundedChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """By age; ids are as old as their rows, and of several tenants' rows no index has the times together.

        Where a time is asked for the indexes have few rows to put in order.
        """
        order, *rest = self.ordering or self.opts.ordering or ("pk",)
        is_of_a_time = any(name.startswith("created_at") for name in request.GET)
        if _sees_one_tenant() or is_of_a_time or str(order) not in {"created_at", "-created_at"}:
            return (order, *rest)
        return ("-id",) if str(order).startswith("-") else ("id",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Without the tenant's column for whoever works in one tenant only."""
        names = tuple(super().get_list_display(request))
        return tuple(name for name in names if name != "tenant") if _sees_one_tenant() else names

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A UUID is looked up in the id columns, anything else in the text columns; raises SearchTooLong."""
        split_search(search_term)
        wanted = ids.parse_id(search_term.strip())
        if wanted is None:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
            return found
        return queryset.filter(reduce(or_, (Q(**{name: wanted}) for name in self.id_fields))), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's bulk deletion, which writes round the use cases."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        form: type[BackOfficeForm] = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def requires_reauthentication(self, obj: Model | None) -> bool:
        """Whether saving the row, or a new one (None), always wants a fresh proof: the page then asks beforehand."""
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        is_asked = isinstance(getattr(request, "refusal", None), FreshProofRequired)
        if is_asked or (
            self.requires_reauthentication(kwargs.get("obj")) and self.admin_site.needs_reauthentication(request)
        ):
            context["reauthentication"] = getattr(request, "reauthentication", None)
        page: HttpResponse = super().render_change_form(request, context, **kwargs)
        return page

    @method_decorator(sensitive_post_parameters("password", "own_password"))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A refused form is shown again with what was typed and why it was refused; if the step wants a fresh proof,
        with a field for one's own password."""
        proof = ReauthenticationForm.from_request(request)
        request.reauthentication = proof  # type: ignore[attr-defined]  # read by render_change_form
        try:
            proof.reauthenticate(request, self.admin_site)
            answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]  # read by get_form
            answer = super().changeform_view(request, object_id, form_url, extra_context)
        return answer

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            answer: HttpResponse = super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            self.message_user(request, error_message(refusal), "error")
            return redirect(self.change_url(object_id))
        return answer

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The journal is the record; Django's own log entries are not written."""
        if self.get_object(request, unquote(object_id)) is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        return redirect(f"{reverse('admin:events_auditevent_changelist')}?entity={unquote(object_id)}")

    def selectable_rows(self, field_name: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that a field of this model's form offers."""
        return rows

    def choice_text(self, row: Any) -> str:
        """Return a picker's name for a row of this model."""
        return str(row)

    def change_url(self, object_id: str) -> str:
        """The address of one row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(object_id,))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Calls the use case that adds or changes a row."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Calls the use case that deletes a row."""
        raise NotImplementedError

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Never in bulk."""
        raise NotImplementedError

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The use case has told the journal."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The use case has told the journal."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """The use case has told the journal."""
