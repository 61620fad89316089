"""The WSDL as it is served: the file with the address of this site (contract, SOAP)."""

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from django.conf import settings

WSDL_FILE: Final = Path(__file__).with_name("petstore.wsdl")
_LOCATION: Final = 'location="http://localhost:8000/soap"'


@dataclass(frozen=True, slots=True)
class WSDL:
    """The document and its ETag."""

    text: bytes
    etag: str


@lru_cache(maxsize=16)
def render_wsdl(site: str) -> WSDL:
    """Return the WSDL of a site."""
    address = escape(site + settings.SOAP_PATH, {'"': "&quot;"})
    text = read_wsdl_file().replace(_LOCATION, f'location="{address}"').encode()
    return WSDL(text, f'"{hashlib.sha256(text).hexdigest()[:32]}"')


@cache
def read_wsdl_file() -> str:
    """Return the text of the file."""
    return WSDL_FILE.read_text(encoding="utf-8")
