"""Django's UUIDField and DateTimeField, whose defaults migrations do not name.

The defaults are ours (`kernel.ids.new_id`, `kernel.clock.now`) and filled in by Python; the database has none. So a
migration knows a plain column, and imports no living code.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

Deconstructed = tuple[str, str, Sequence[Any], dict[str, Any]]


def _without_default(deconstructed: Deconstructed, path: str) -> Deconstructed:
    name, _, arguments, options = deconstructed
    return name, path, arguments, {key: value for key, value in options.items() if key != "default"}


if TYPE_CHECKING:
    from django.db.models import DateTimeField, UUIDField
else:

    class UUIDField(models.UUIDField):
        """A UUIDField that is a plain one in migrations."""

        def deconstruct(self) -> Deconstructed:
            """Return Django's field without the default."""
            return _without_default(super().deconstruct(), "django.db.models.UUIDField")

    class DateTimeField(models.DateTimeField):
        """A DateTimeField that is a plain one in migrations."""

        def deconstruct(self) -> Deconstructed:
            """Return Django's field without the default."""
            return _without_default(super().deconstruct(), "django.db.models.DateTimeField")


__all__ = ("DateTimeField", "UUIDField")
