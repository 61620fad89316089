"""OAuth 2.0: the endpoints for applications, and the pages on which people log in and consent (contract, OAuth 2.0)."""
