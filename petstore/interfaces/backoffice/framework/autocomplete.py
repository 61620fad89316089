"""Fields that search for another row while one types, among the rows of the scope."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel import ids
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin
from tenants.models import Tenant
from tenants.queries import list_visible_tenants


class ScopedAutocomplete(AutocompleteSelect):
    """Django's widget for rows whose ids are UUIDs.

    Shown again after a mistake it looks up valid UUIDs only; while it is empty its placeholder says what to search for.
    """

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        name = self.field.remote_field.model._meta.verbose_name
        return super().build_attrs(base_attrs, extra_attrs) | {"data-placeholder": f"Search for a {name}"}

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        return super().optgroups(name, [text for text in value if ids.parse_id(str(text))], attrs)


class ScopedAutocompleteView(AutocompleteJsonView):
    """Django's view of the choices, narrowed by the form's admin and named by the admin of the rows."""

    form_admin: BackOfficeAdmin
    row_admin: BackOfficeAdmin

    def process_request(self, request: HttpRequest) -> tuple[str, Any, Any, str]:
        """Read the parameters; raises PermissionDenied for a form that is not of the back office."""
        term, row_admin, source_field, to_field_name = super().process_request(request)
        form_admin = self.admin_site._registry.get(source_field.model) if self.admin_site else None  # noqa: SLF001  # as Django does
        if not (isinstance(form_admin, BackOfficeAdmin) and isinstance(row_admin, BackOfficeAdmin)):
            raise PermissionDenied
        self.form_admin, self.row_admin = form_admin, row_admin
        return term, row_admin, source_field, to_field_name

    def get_queryset(self) -> QuerySet[Any]:
        return self.form_admin.filter_selectable_rows(self.source_field.name, super().get_queryset())

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": self.row_admin.format_choice_text(obj)}


class TenantChoiceForm(BackOfficeForm):
    """A form with a field for a tenant of the scope; if there is only one, it is chosen already."""

    store = forms.ModelChoiceField(Tenant.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants, column = list_visible_tenants(), self._meta.model._meta.get_field("tenant")
        store = forms.ModelChoiceField(tenants, label="Tenant", widget=ScopedAutocomplete(column, admin.site))
        first_two = list(tenants[:2])
        store.initial = first_two[0].pk if len(first_two) == 1 else None
        self.fields["store"] = store
