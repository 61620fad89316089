"""What a WSGI server runs."""

import gc
import os
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from petstore.reading import UNREADABLE_TYPE, is_readable_type

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petstore.settings.dev")
_django = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # now, not with the first request
gc.collect()
gc.freeze()  # what is loaded stays: the collector need not look at it again


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The WSGI application."""
    if not is_readable_type(environ.get("CONTENT_TYPE", "")):
        environ["CONTENT_TYPE"] = UNREADABLE_TYPE.decode()
    return _django(environ, start_response)
