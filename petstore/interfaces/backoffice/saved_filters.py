"""Filters above a list: some that everybody has, and one's own."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import SavedSearch, SavedSearchQuerySet, User
from accounts.services.saved_filters import delete_search, rename_search, save_search
from kernel.errors import DomainError
from petstore.interfaces.backoffice.framework.filters import FilterLink, list_query
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin, actor_from, error_message
from tenants.scoping import tenant_scope

MAX_DIGITS = 18
_WORDS = {"q": "search", "o": "order"}


class SavedFilterForm(forms.Form):
    """A name for what the list is filtered by."""

    name = forms.CharField(max_length=40, widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}))
    query = forms.CharField(widget=forms.HiddenInput)


class SavedFiltersAdmin(BackOfficeAdmin):
    """A list whose filters can be kept under a name, by each person for themselves."""

    def preset_filters(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The filters that everybody has: how they are called, and what they ask for."""
        return iter(())

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.saved_filters_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("searches/", view, name=f"{self._page_name}_searches"), *urls]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = list_query(request)
        place = f"{reverse(f'admin:{self._page_name}_searches')}?{asked.urlencode()}"
        context = {"filters": [*self._filter_links(request, asked)], "searches": place, "is_filtered": bool(asked)}
        return super().changelist_view(request, context | (extra_context or {}))

    def saved_filters_view(self, request: HttpRequest) -> HttpResponse:
        """One's own filters (GET); save, rename or delete one of them (POST)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self.check_query(request)
        if request.method == "POST" and request.POST.get("do") != "save":
            return self._change_filter(request)
        form = SavedFilterForm(request.POST or None, initial={"query": list_query(request).urlencode()})
        if request.method == "POST" and form.is_valid():
            try:
                return self._save_filter(request, form)
            except DomainError as refusal:
                form.add_error("name", error_message(refusal))
        return self._render_saved_filters(request, form)

    @property
    def _page_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _filter_links(self, request: HttpRequest, asked: QueryDict) -> Iterator[FilterLink]:
        for label, query in self.preset_filters():
            link = QueryDict(mutable=True)
            link.update(query)
            yield FilterLink(label, f"?{link.urlencode()}", asked == link)
        for search in self._own_filters(request):
            yield FilterLink(search.name, f"?{search.query}", asked == QueryDict(search.query))

    def _own_filters(self, request: HttpRequest) -> list[SavedSearch]:
        person = _logged_in_user(request)
        with tenant_scope(person.tenant_id):
            mine: SavedSearchQuerySet = SavedSearch.objects.for_user(person.pk)
            return list(mine.filter(page=self._page_name))

    def _save_filter(self, request: HttpRequest, form: SavedFilterForm) -> HttpResponse:
        lookups, given = [*self.allowed_lookups()], form.cleaned_data
        with tenant_scope(_logged_in_user(request).tenant_id):
            search = save_search(page=self._page_name, lookups=lookups, actor=actor_from(request), **given)
        self.message_user(request, f"The filter {search.name} is kept.", "success")
        return redirect(f"{reverse(f'admin:{self._page_name}_changelist')}?{search.query}")

    def _change_filter(self, request: HttpRequest) -> HttpResponse:
        text, actor = request.POST.get("search", ""), actor_from(request)
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
            raise BadRequest
        try:
            with tenant_scope(_logged_in_user(request).tenant_id):
                if request.POST.get("do") == "delete":
                    delete_search(search_id=int(text), actor=actor)
                else:
                    rename_search(search_id=int(text), name=request.POST.get("name", ""), actor=actor)
        except DomainError as refusal:
            self.message_user(request, error_message(refusal), "error")
        return redirect(f"admin:{self._page_name}_searches")

    def _render_saved_filters(self, request: HttpRequest, form: SavedFilterForm) -> HttpResponse:
        query = form["query"].value() or ""
        context = {
            **self.admin_site.each_context(request),
            "title": f"My filters of {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "search_form": form,
            "asked": [*_describe_query(query)],
            "own": [(search, [*_describe_query(search.query)]) for search in self._own_filters(request)],
        }
        return TemplateResponse(request, "admin/searches.html", context)


def _describe_query(query: str) -> Iterator[tuple[str, str]]:
    """What a query asks for, each with the name that a person would give it."""
    for name, value in QueryDict(query).items():
        yield _WORDS.get(name) or name.removesuffix("__exact").replace("_", " "), str(value)


def _logged_in_user(request: HttpRequest) -> User:
    """Who is at the screen; the site has asked them to log in."""
    person = request.user
    if not isinstance(person, User):
        raise PermissionDenied
    return person
