"""What the pickers of a form offer while somebody types."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin


class ScopedAutocompleteView(AutocompleteJsonView):
    """Django's, with the choices that the form's own pages allow and in the words of the pages of what is chosen."""

    form_pages: BackOfficeAdmin
    row_pages: BackOfficeAdmin

    def process_request(self, request: HttpRequest) -> tuple[str, Any, Any, str]:
        """Read what is asked for; only forms of the back office ask."""
        term, row_pages, source_field, to_field_name = super().process_request(request)
        form_pages = self.admin_site._registry.get(source_field.model) if self.admin_site else None  # noqa: SLF001  # as Django does
        if not (isinstance(form_pages, BackOfficeAdmin) and isinstance(row_pages, BackOfficeAdmin)):
            raise PermissionDenied
        self.form_pages, self.row_pages = form_pages, row_pages
        return term, row_pages, source_field, to_field_name

    def get_queryset(self) -> QuerySet[Any]:
        return self.form_pages.selectable_rows(self.source_field.name, super().get_queryset())

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": self.row_pages.choice_text(obj)}
