"""The base of every model's pages: permissions by role and group, writes by use cases in the row's own tenant."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from functools import reduce
from operator import or_
from typing import Any, ClassVar
from uuid import UUID

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
from kernel.errors import DomainError, FreshProofRequired
from kernel.search import SearchTooLong, split_search_words
from petstore.interfaces.backoffice.framework.change_lists import BoundedChangeList, BoundedPaginator
from petstore.interfaces.backoffice.framework.filters import build_choice_links
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm, format_error_message
from petstore.interfaces.backoffice.framework.reauthentication import ReauthenticationForm
from tenants.scoping import current_scope, tenant_scope


def read_request_actor(request: HttpRequest) -> Actor:
    """Return the logged-in user as an actor."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by BackOfficeScopeMiddleware
    return actor


def _sees_one_tenant() -> bool:
    """Return whether the open scope is a single tenant."""
    tenant_ids = current_scope().tenant_ids
    return tenant_ids is not None and len(tenant_ids) == 1


class BackOfficeAdmin(ModelAdmin):
    """Pages of one model.

    A list shows the rows of all tenants that the person works for. Everything about one row, reading what its page
    shows besides its columns and every write, runs in the scope of the row's own tenant, which this class opens:
    subclasses implement `add_row`, `change_row`, `delete_row`, `save_inline_rows` and `build_page_context`, and call
    use cases there, never the ORM.

    Attributes:
        roles: the least role that may add, change or delete, whatever the person's group.
        permissions: the permission that may; a verb in neither of the two is forbidden.
        id_fields: the columns that a search for a UUID looks into.
        quick_filter: the field whose choices are links above the list; it is among the filters, too.
    """

    roles: ClassVar[Mapping[str, Role]] = {}
    permissions: ClassVar[Mapping[str, Permission]] = {}
    id_fields: ClassVar[tuple[str, ...]] = ("id",)
    quick_filter: ClassVar[str] = ""
    list_before_template = "admin/filter_links.html"
    change_form_after_template = "admin/reauthentication.html"
    form = BackOfficeForm
    show_full_result_count = False
    list_filter_submit = True
    list_per_page = 50
    paginator = BoundedPaginator
    list_disable_select_all = True

    def add_row(self, row: Any, form: Any, actor: Actor) -> Model:
        """Call the use case that adds a row and return what it made; `row` is the unsaved one of the form."""
        raise NotImplementedError

    def change_row(self, row: Any, form: Any, actor: Actor) -> Model:
        """Call the use case that changes a row and return the row."""
        raise NotImplementedError

    def delete_row(self, row: Any, actor: Actor) -> None:
        """Call the use case that deletes a row."""
        raise NotImplementedError

    def save_inline_rows(self, row: Any, formset: Any, actor: Actor) -> None:
        """Call the use cases that add, change and delete the rows of an inline table."""
        raise NotImplementedError

    def build_page_context(self, row: Any, actor: Actor) -> dict[str, Any]:
        """Return what the page of a row shows besides its form; the row's tenant is in scope."""
        return {}

    def build_shared_context(self, context: dict[str, Any]) -> dict[str, Any]:
        """Return what the page of a row shows of other tenants, such as the names of staff from elsewhere; all tenants
        that the person works for are in scope.

        Args:
            context: with what `build_page_context` has returned.
        """
        return {}

    def tenant_id_of(self, row: Any) -> UUID:
        """Return the tenant that a row belongs to."""
        tenant_id: UUID = row.tenant_id
        return tenant_id

    def open_row_scope(self, row: Any) -> AbstractContextManager[None]:
        """Open the scope of the row's own tenant; the person sees several, a use case works in one."""
        return tenant_scope(self.tenant_id_of(row))

    def open_new_row_scope(self, form: Any) -> AbstractContextManager[None]:
        """Open the scope of the tenant that the form of a new row names."""
        return tenant_scope(form.cleaned_data["store"].pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Add or change a row by its use case, in its own tenant."""
        actor = read_request_actor(request)
        if change:
            with self.open_row_scope(obj):
                obj.pk = self.change_row(obj, form, actor).pk
        else:
            with self.open_new_row_scope(form):
                obj.pk = self.add_row(obj, form, actor).pk

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows of an inline table by use cases, in the tenant of the row that they belong to."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        with self.open_row_scope(form.instance):
            self.save_inline_rows(form.instance, formset, read_request_actor(request))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a row by its use case, in its own tenant."""
        with self.open_row_scope(obj):
            self.delete_row(obj, read_request_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Refuse Django's deletion in bulk."""
        raise NotImplementedError

    def has_module_permission(self, request: HttpRequest) -> bool:
        return read_request_actor(request).is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return read_request_actor(request).is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._has_verb_permission(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._has_verb_permission(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._has_verb_permission(request, "delete")

    def _has_verb_permission(self, request: HttpRequest, verb: str) -> bool:
        role, permission, actor = self.roles.get(verb), self.permissions.get(verb), read_request_actor(request)
        if permission is not None:
            return actor.has_permission(permission)
        return role is not None and (actor.is_admin if role is Role.ADMIN else actor.is_staff)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list; raises BadRequest for a query or a choice of rows that none of our pages sends."""
        self.check_list_query(request)
        if not all(map(ids.parse_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise BadRequest
        links = list(build_choice_links(self.opts.get_field(self.quick_filter), request)) if self.quick_filter else []
        try:
            response: HttpResponse = super().changelist_view(request, {"quick_links": links} | (extra_context or {}))
        except SearchTooLong as error:
            return self.redirect_without_search(request, error)
        return response

    def redirect_without_search(self, request: HttpRequest, error: SearchTooLong) -> HttpResponse:
        """Show the list without the search that was refused, and the reason as a message."""
        self.message_user(request, format_error_message(error), "error")
        query = request.GET.copy()
        query.pop("q", None)
        return redirect(
            f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_changelist')}?{query.urlencode()}"
        )

    def check_list_query(self, request: HttpRequest) -> None:
        """Raise BadRequest for texts in the address that no database takes."""
        if any("\x00" in text for _, texts in request.GET.lists() for text in texts):
            raise BadRequest

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow the page's own filters only: any other could guess, letter by letter, columns that no page shows."""
        return lookup in self.list_allowed_lookups()

    def list_allowed_lookups(self) -> Iterator[str]:
        """Yield the parameters that an address of the list may have, besides search, order and page."""
        for asked in self.list_filter:
            names = [f"{asked[0]}{end}" for end in ("__exact", "_from", "_to")] if isinstance(asked, tuple) else ()
            yield from names or (asked.parameter_name,)
        if self.date_hierarchy:
            yield from (f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return BoundedChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Order by id in place of the time: ids are as old as their rows, and no index has the times of several
        tenants' rows together. A filter by time leaves few rows, which the database may sort.
        """
        order, *rest = self.ordering or self.opts.ordering or ("pk",)
        is_filtered_by_time = any(name.startswith("created_at") for name in request.GET)
        if _sees_one_tenant() or is_filtered_by_time or str(order) not in {"created_at", "-created_at"}:
            return (order, *rest)
        return ("-id",) if str(order).startswith("-") else ("id",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Leave out the tenant's column for people who work in one tenant only."""
        names = tuple(super().get_list_display(request))
        return tuple(name for name in names if name != "tenant") if _sees_one_tenant() else names

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look up a UUID in the id columns and anything else in the text columns; raises SearchTooLong."""
        split_search_words(search_term)
        wanted = ids.parse_id(search_term.strip())
        if wanted is None:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
            return found
        return queryset.filter(reduce(or_, (Q(**{name: wanted}) for name in self.id_fields))), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Remove Django's bulk deletion, which writes without a use case."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        form: type[BackOfficeForm] = super().get_form(request, obj, change=change, **kwargs)
        form.domain_error = getattr(request, "domain_error", None)
        return form

    def requires_password_to_save(self, row: Model | None) -> bool:
        """Return whether saving the row, or a new one (None), always needs one's password; its page asks for it."""
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if self._asks_for_password(request, row):
            context["reauthentication"] = getattr(request, "reauthentication", None)
        if row is not None:
            with self.open_row_scope(row):
                context |= self.build_page_context(row, read_request_actor(request))
            context |= self.build_shared_context(context)
        page: HttpResponse = super().render_change_form(request, context, **kwargs)
        return page

    def _asks_for_password(self, request: HttpRequest, row: Model | None) -> bool:
        if isinstance(getattr(request, "domain_error", None), FreshProofRequired):
            return True
        return self.requires_password_to_save(row) and bool(self.admin_site.needs_fresh_password(request))

    @method_decorator(sensitive_post_parameters("password", "own_password"))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form of a row.

        A form that a use case refuses is shown again with the values that were typed and the reason; if the step needs
        one's password again, with a field for it.
        """
        reauthentication = ReauthenticationForm.from_request(request)
        request.reauthentication = reauthentication  # type: ignore[attr-defined]  # read by render_change_form
        try:
            reauthentication.reauthenticate_user(request, self.admin_site)
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            request.domain_error = error  # type: ignore[attr-defined]  # read by get_form
            response = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except DomainError as error:
            self.message_user(request, format_error_message(error), "error")
            return redirect(self.build_change_url(object_id))
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the Journal of the row; Django's own log entries are not written."""
        if self.get_object(request, unquote(object_id)) is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        return redirect(f"{reverse('admin:events_auditevent_changelist')}?entity={unquote(object_id)}")

    def filter_selectable_rows(self, field_name: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that a field of this model's form offers."""
        return rows

    def format_choice_text(self, row: Any) -> str:
        """Return the text of a row of this model where a form offers it."""
        return str(row)

    def build_change_url(self, row_id: object) -> str:
        """Return the address of one row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(row_id,))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write no log entry: the use case has recorded an audit event."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Write no log entry: the use case has recorded an audit event."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Write no log entry: the use case has recorded an audit event."""
