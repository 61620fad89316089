"""Reading the fields of an input object and collecting every fault, for one answer that names them all."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from kernel.cards import holds_card_number
from kernel.errors import FieldFault, Invalid
from kernel.text import find_line_fault

MAX_UNKNOWN: Final = 20
_SHOWABLE = re.compile(r"[A-Za-z_]{1,40}\Z")
"""Unknown field names that a fault may repeat: no card number in the wrong place is among them."""

_T = TypeVar("_T", str, int)


class FieldReader:
    """Reads the fields of one object. A field at fault reads as blank or 0, so that the others are checked too.

    Args:
        data: the object as it came.
        path: its dotted name, as callers see it.
        faults: the list to collect in; an inner object shares that of its outer object.
    """

    def __init__(self, data: Mapping[str, Any], path: str, faults: list[FieldFault] | None = None) -> None:
        self._data = data
        self._path = path
        self._faults: list[FieldFault] = [] if faults is None else faults

    def read_line(self, name: str, *, max_length: int, required: bool = True) -> str:
        """Read one line of text and strip it; an optional one may be blank or null."""
        value = self._read_typed_value(name, str, "Give a text.", required=required)
        if value is None:
            return ""
        line = value.strip()
        if required and not line:
            return self.add_fault(name, "This field may not be blank.", "blank")
        if len(line) > max_length:
            return self.add_fault(name, f"Give at most {max_length} characters.", "max_length")
        fault = find_line_fault(name, line)
        if fault is not None:
            return self.add_fault(name, fault.message, fault.code)
        if holds_card_number(line):
            return self.add_fault(name, "A card number does not belong here.", "card_number")
        return line

    def read_matching(self, name: str, pattern: str, expected: str) -> str:
        """Read a text that the whole pattern matches; `expected` is the message where it does not."""
        value = self._read_typed_value(name, str, expected)
        if value is None:
            return ""
        return value if re.fullmatch(pattern, value) else self.add_fault(name, expected)

    def read_integer(self, name: str, minimum: int, maximum: int, expected: str) -> int:
        """Read a JSON integer between two positive bounds."""
        value = self._read_typed_value(name, int, expected)
        if value is None or minimum <= value <= maximum:
            return value or 0
        self.add_fault(name, expected)
        return 0

    def read_choice(self, name: str, options: Sequence[str]) -> str:
        """Read one of the options, in either case (contract, Enums)."""
        expected = f"Give {' or '.join(options)}."
        value = self._read_typed_value(name, str, expected)
        if value is None:
            return ""
        found = (option for option in options if option.casefold() == value.casefold())
        return next(found, "") or self.add_fault(name, expected, "invalid_choice")

    def read_optional_object(self, name: str) -> "FieldReader | None":
        """Return a reader of an inner object, or None if there is none."""
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.add_fault(name, "Give an object.")
            return None
        return FieldReader(value, f"{self._path}.{name}", self._faults)

    def reject_unknown_fields(self, *names: str) -> None:
        """Collect a fault for every field but these."""
        for name in sorted(set(self._data) - set(names))[:MAX_UNKNOWN]:
            self.add_fault(name if _SHOWABLE.match(name) else "", "There is no such field.", "unknown_field")

    def add_fault(self, name: str, message: str, code: str = "invalid") -> str:
        """Collect a fault, one a field, and return the blank that the field reads as."""
        field = f"{self._path}.{name}".rstrip(".")
        if all(fault.field != field for fault in self._faults):
            self._faults.append(FieldFault(field, message, code))
        return ""

    def raise_collected_faults(self) -> None:
        """Raise Invalid with all faults, if there are any."""
        if self._faults:
            raise Invalid(faults=tuple(self._faults))

    def _read_typed_value(self, name: str, kind: type[_T], expected: str, *, required: bool = True) -> _T | None:
        value = self._data.get(name)
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        if value is not None:
            self.add_fault(name, expected)
        elif required:
            self.add_fault(name, "This field is required.", "required")
        return None
