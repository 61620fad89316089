from kernel.errors import Invalid


class UnsafeUrl(Invalid):
    """A URL that no request of ours may go to, or that cannot be read (guarantees, G8)."""

    code = "unsafe_url"
    title = "Nothing can be sent to this URL"
