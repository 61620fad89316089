"""In which tenant a new row is made: asked of whoever works in more than one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from tenants.admin.base import BackOfficeForm
from tenants.models import Tenant
from tenants.queries import visible_tenants


class TenantChoice(BackOfficeForm):
    """A form with a `store` among the tenants of the scope; where there is one only, it is chosen already."""

    store = forms.ModelChoiceField(Tenant.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants, column = visible_tenants(), self._meta.model._meta.get_field("tenant")
        store = forms.ModelChoiceField(tenants, label="Tenant", widget=AutocompleteSelect(column, admin.site))
        mine = list(tenants[:2])
        store.initial = mine[0].pk if len(mine) == 1 else None
        self.fields["store"] = store
