"""Where a log-in leads on to: a page of ours, never another site."""

import re
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from petstore.interfaces.http.support_addresses import is_support_address
from petstore.server.request_limits import MAX_QUERY

AUTHORIZE, DEVICE, GRANTED = (settings.OAUTH_PREFIX + name for name in ("authorize", "device", "granted"))
PAGES: Final = frozenset((AUTHORIZE, DEVICE, GRANTED))
"""The pages that a log-in leads on to; the support page is one more, in exactly its own spellings."""
_VISIBLE: Final = re.compile(r"[!-~]+\Z")


def clean_next_address(text: str | None) -> str:
    """Return the address if it is exactly one of our pages, with or without a query; else that of the consents.

    Nothing is decoded or normalised, so no spelling of another site passes.
    """
    if is_support_address(text or ""):
        return str(text)
    path, _, query = (text or "").partition("?")
    if path not in PAGES:
        return GRANTED
    is_clean = not query or (len(query) <= MAX_QUERY and bool(_VISIBLE.match(query)) and "#" not in query)
    return f"{path}?{query}" if query and is_clean else path


def build_login_address(next_address: str) -> str:
    """Return the address of the log-in that leads on to a page of ours."""
    return f"{reverse('oauth_login')}?next={quote(next_address, safe='')}"


def read_single_parameter(parameters: QueryDict, name: str) -> str:
    """Return a parameter that stands once; empty where it is absent or repeated."""
    values = parameters.getlist(name)
    return str(values[0]) if len(values) == 1 else ""
