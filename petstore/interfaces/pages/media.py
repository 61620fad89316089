"""The files below /media/: pictures that we encoded ourselves, and nothing else (guarantees, G13)."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
PATTERN = rf"^media/(?P<name>pets/[0-9A-Za-z_-]+\.(?P<extension>{'|'.join(CONTENT_TYPES)}))\Z"
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
def serve_media_file(_request: HttpRequest, name: str, extension: str) -> HttpResponse:
    """Return a stored picture; its name is random and its content never changes.

    Raises:
        Http404: there is no picture of this name.
    """
    try:
        with default_storage.open(name) as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(content, content_type=CONTENT_TYPES[extension], headers=_HEADERS)
