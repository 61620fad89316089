"""Formats of dates on the pages (Django's FORMAT_MODULE_PATH)."""
