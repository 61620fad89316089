"""Showing a secret: in the answer to a POST, which is stored nowhere; a message would be stored in a cookie."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin


def secret_page(  # noqa: PLR0913  # the parts of the page
    pages: BackOfficeAdmin, request: HttpRequest, row: Any, *, secret: str, note: str, title: str = "Secret"
) -> HttpResponse:
    """Show a secret of the row, this once.

    Args:
        title: what it is.
        note: what it is for, and whether it can be seen again.
    """
    context = {
        **pages.admin_site.each_context(request),
        "title": f"{title} of {row}",
        "opts": pages.opts,
        "secret": secret,
        "note": note,
        "back": pages.change_url(str(row.pk)),
    }
    return TemplateResponse(request, "admin/secret.html", context)
