"""Prefixes of the interfaces' addresses."""

API_PREFIX = "/v1/"
BACK_OFFICE_PREFIX = "/admin/"
