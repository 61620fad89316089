"""In which tenant a new row is made: asked of whoever works in more than one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from tenants.models import Tenant
from tenants.queries import visible_tenants


class TenantChoice(forms.Form):
    """A form with a `store` among the tenants of the scope; where there is one only, it is chosen already."""

    store = forms.ModelChoiceField(queryset=Tenant.objects.none(), label="Tenant")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        store = self.fields["store"]
        store.queryset = visible_tenants()
        column = self._meta.model._meta.get_field("tenant")
        store.widget = AutocompleteSelect(column, admin.site, choices=store.choices)
        mine = list(store.queryset[:2])
        if len(mine) == 1:
            store.initial = mine[0].pk
