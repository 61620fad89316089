"""Filters above a list: presets for everybody, and filters that each person saves."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import SavedFilter, SavedFilterQuerySet, User
from accounts.services.saved_filters import add_saved_filter, delete_saved_filter, rename_saved_filter
from kernel.errors import DomainError
from petstore.interfaces.backoffice.framework.filters import FilterLink, read_list_query
from petstore.interfaces.backoffice.framework.forms import format_error_message
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin, read_request_actor
from tenants.scoping import tenant_scope

MAX_DIGITS = 18
MAX_NAME = SavedFilter._meta.get_field("name").max_length
_WORDS = {"q": "search", "o": "order"}


class SavedFilterForm(forms.Form):
    """A name for the filters of a list."""

    name = forms.CharField(max_length=MAX_NAME, widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}))
    query = forms.CharField(widget=forms.HiddenInput)


class SavedFiltersAdmin(BackOfficeAdmin):
    """A list whose filters each person can save under a name."""

    def list_preset_filters(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the name and the query of each filter that everybody has."""
        return iter(())

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.saved_filters_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("filters/", view, name=f"{self._page_name}_filters"), *urls]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = read_list_query(request)
        address = f"{reverse(f'admin:{self._page_name}_filters')}?{asked.urlencode()}"
        context = {
            "filter_links": [*self._list_filter_links(request, asked)],
            "filters_url": address,
            "is_filtered": bool(asked),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def saved_filters_view(self, request: HttpRequest) -> HttpResponse:
        """Show one's own filters (GET); save, rename or delete one of them (POST)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self.check_list_query(request)
        if request.method == "POST" and request.POST.get("action") != "save":
            return self._change_saved_filter(request)
        form = SavedFilterForm(request.POST or None, initial={"query": read_list_query(request).urlencode()})
        if request.method == "POST" and form.is_valid():
            try:
                return self._save_new_filter(request, form)
            except DomainError as error:
                form.add_error("name", format_error_message(error))
        return self._render_saved_filters(request, form)

    @property
    def _page_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _list_filter_links(self, request: HttpRequest, asked: QueryDict) -> Iterator[FilterLink]:
        for label, query in self.list_preset_filters():
            link = QueryDict(mutable=True)
            link.update(query)
            yield FilterLink(label, f"?{link.urlencode()}", asked == link)
        for search in self._list_own_filters(request):
            yield FilterLink(search.name, f"?{search.query}", asked == QueryDict(search.query))

    def _list_own_filters(self, request: HttpRequest) -> list[SavedFilter]:
        with _open_own_scope(request):
            mine: SavedFilterQuerySet = SavedFilter.objects.for_user(_logged_in_user(request).pk)
            return list(mine.filter(page=self._page_name))

    def _save_new_filter(self, request: HttpRequest, form: SavedFilterForm) -> HttpResponse:
        lookups, given = [*self.list_allowed_lookups()], form.cleaned_data
        with _open_own_scope(request):
            search = add_saved_filter(page=self._page_name, lookups=lookups, actor=read_request_actor(request), **given)
        self.message_user(request, f"The filter {search.name} is saved.", "success")
        return redirect(f"{reverse(f'admin:{self._page_name}_changelist')}?{search.query}")

    def _change_saved_filter(self, request: HttpRequest) -> HttpResponse:
        text, actor = request.POST.get("search", ""), read_request_actor(request)
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
            raise BadRequest
        try:
            with _open_own_scope(request):
                if request.POST.get("action") == "delete":
                    delete_saved_filter(filter_id=int(text), actor=actor)
                else:
                    rename_saved_filter(filter_id=int(text), name=request.POST.get("name", ""), actor=actor)
        except DomainError as error:
            self.message_user(request, format_error_message(error), "error")
        return redirect(f"admin:{self._page_name}_filters")

    def _render_saved_filters(self, request: HttpRequest, form: SavedFilterForm) -> HttpResponse:
        query = form["query"].value() or ""
        context = {
            **self.admin_site.each_context(request),
            "title": f"My filters of {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "filter_form": form,
            "parameters": [*_describe_query_parameters(query)],
            "saved_filters": [
                (search, [*_describe_query_parameters(search.query)]) for search in self._list_own_filters(request)
            ],
        }
        return TemplateResponse(request, "admin/saved_filters.html", context)


def _describe_query_parameters(query: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a query, each under a plain name."""
    for name, value in QueryDict(query).items():
        yield _WORDS.get(name) or name.removesuffix("__exact").replace("_", " "), str(value)


def _open_own_scope(request: HttpRequest) -> AbstractContextManager[None]:
    """Open the scope of the logged-in user's own tenant, where their filters are saved."""
    return tenant_scope(_logged_in_user(request).tenant_id)


def _logged_in_user(request: HttpRequest) -> User:
    """Return the logged-in user; raises PermissionDenied for anybody else."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user
