"""The prefixes of the addresses below which the interfaces answer."""

API_PREFIX = "/v1/"
BACK_OFFICE_PREFIX = "/admin/"
