"""Refusals of URLs that no request of ours may go to."""

from kernel.errors import Invalid


class UnsafeUrl(Invalid):
    """A URL that no request of ours may go to, or that cannot be read (guarantees, G8)."""

    code = "unsafe_url"
    title = "Nothing can be sent to this URL"


class HttpsRequired(UnsafeUrl):
    """Production sends nothing over a connection that others can read."""

    code = "https_required"
    title = "This URL must be an https:// one"
