"""Convert ids in paths: taken in either case, shown in lower case (contract, Ids and time)."""

import re
from uuid import UUID

from django.urls.converters import UUIDConverter

from kernel import ids


class IdConverter(UUIDConverter):
    """A UUID in its canonical spelling, in either case; anything else is another path."""

    regex = ids.CANONICAL

    def to_python(self, value: str) -> UUID:
        return UUID(value)


_ID = re.compile(ids.CANONICAL)


def lowercase_path_ids(path: str) -> str:
    """Return the path with its ids in lower case, as links show them."""
    return _ID.sub(lambda found: found[0].lower(), path)
