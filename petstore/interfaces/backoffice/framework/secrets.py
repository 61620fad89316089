"""Show a secret in the response to a POST only: a Django message would be stored in a cookie."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin


def render_secret_page(  # noqa: PLR0913  # the parts of the page
    admin: BackOfficeAdmin, request: HttpRequest, row: Any, *, secret: str, note: str, title: str = "Secret"
) -> HttpResponse:
    """Return the page that shows a secret of the row, this once.

    Args:
        title: the name of the secret.
        note: its purpose, and whether it can be seen again.
    """
    context = {
        **admin.admin_site.each_context(request),
        "title": f"{title} of {row}",
        "opts": admin.opts,
        "secret": secret,
        "note": note,
        "back": admin.build_change_url(row.pk),
    }
    return TemplateResponse(request, "admin/secret.html", context)
