"""What all processes of `tests.processes` have in common: every app, loaded once, and no connection."""

import warnings

import django

warnings.simplefilter("error")
django.setup()
