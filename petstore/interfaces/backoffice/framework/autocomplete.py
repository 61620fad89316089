"""Choosing another row: searched for while typing, among the rows of the scope."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from kernel import ids
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeForm
from tenants.models import Tenant
from tenants.queries import visible_tenants


class ScopedAutocomplete(AutocompleteSelect):
    """Django's, for UUIDs: shown again after a mistake, it looks up only what can be an id. While it is empty, it says
    what it wants."""

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        name = self.field.remote_field.model._meta.verbose_name
        return super().build_attrs(base_attrs, extra_attrs) | {"data-placeholder": f"Search for a {name}"}

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        return super().optgroups(name, [text for text in value if ids.parse_id(str(text))], attrs)


class TenantChoiceForm(BackOfficeForm):
    """A form with a `store` among the tenants of the scope; where there is one only, it is chosen already."""

    store = forms.ModelChoiceField(Tenant.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants, column = visible_tenants(), self._meta.model._meta.get_field("tenant")
        store = forms.ModelChoiceField(tenants, label="Tenant", widget=ScopedAutocomplete(column, admin.site))
        mine = list(tenants[:2])
        store.initial = mine[0].pk if len(mine) == 1 else None
        self.fields["store"] = store
