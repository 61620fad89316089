"""Where a consent sends the browser: in words for the person, and as a source of a Content-Security-Policy."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Destination:
    """A redirect URI that was checked, as a page speaks of it.

    Attributes:
        name: its host, or the scheme of an app on the device.
        is_on_device: a program on the person's own device gets the answer, not a site.
        source: what `form-action` has to allow, since Chromium checks it at redirects, too: any https site, because a
            site's callback often leads on to another origin; a private scheme; or the loopback address, whose IPv6
            form cannot be written there (CSP 3, 2.3.1), so that its scheme stands for it.
    """

    name: str
    is_on_device: bool
    source: str


def describe_destination(redirect_uri: str) -> Destination:
    """Return where a redirect URI leads."""
    parts = urlsplit(redirect_uri)
    if parts.scheme == "https":
        return Destination(parts.netloc, is_on_device=False, source="https:")
    if parts.scheme != "http":
        return Destination(parts.scheme, is_on_device=True, source=f"{parts.scheme}:")
    is_ipv6 = parts.netloc.startswith("[")
    return Destination(parts.netloc, is_on_device=True, source="http:" if is_ipv6 else f"http://{parts.netloc}")
