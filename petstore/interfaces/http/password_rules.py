"""Lengths of a password, for the forms and requests that set one; AUTH_PASSWORD_VALIDATORS has the other rules."""

from typing import Final

MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 128
PASSWORD_HELP: Final = f"At least {MIN_PASSWORD} characters, and not a common password."
