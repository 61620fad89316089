"""What the pages that show a receipt have in common."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A receipt is one file, to be kept: its style is in it, and it loads nothing."""
