"""Reading an object of the input field by field, and saying everything that is wrong with it at once."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from kernel.cards import holds_card_number
from kernel.errors import FieldFault, Invalid
from kernel.text import find_line_fault

MAX_UNKNOWN: Final = 20
_SHOWABLE = re.compile(r"[A-Za-z_]{1,40}\Z")
"""Field names that a fault may repeat: none of them is a card number in the wrong place."""

_T = TypeVar("_T", str, int)


class FieldReader:
    """The fields of one object. One at fault reads as blank or 0, so that the others are looked at too.

    Args:
        data: the object as it came.
        path: its dotted name, as callers see it.
        faults: where to collect; an inner object shares its outer's.
    """

    def __init__(self, data: Mapping[str, Any], path: str, faults: list[FieldFault] | None = None) -> None:
        self._data = data
        self._path = path
        self._faults: list[FieldFault] = [] if faults is None else faults

    def read_line(self, name: str, *, longest: int, required: bool = True) -> str:
        """One line of text, without the blanks around it; an optional one may be blank or null."""
        value = self._read_typed_value(name, str, "Give a text.", required=required)
        if value is None:
            return ""
        line = value.strip()
        if required and not line:
            return self.add_fault(name, "This field may not be blank.", "blank")
        if len(line) > longest:
            return self.add_fault(name, f"Give at most {longest} characters.", "max_length")
        fault = find_line_fault(name, line)
        if fault is not None:
            return self.add_fault(name, fault.message, fault.code)
        if holds_card_number(line):
            return self.add_fault(name, "A card number does not belong here.", "card_number")
        return line

    def read_matching(self, name: str, pattern: str, expected: str) -> str:
        """A text that the pattern matches as a whole."""
        value = self._read_typed_value(name, str, expected)
        if value is None:
            return ""
        return value if re.fullmatch(pattern, value) else self.add_fault(name, expected)

    def read_integer(self, name: str, least: int, most: int, expected: str) -> int:
        """A JSON integer within bounds, which are positive."""
        value = self._read_typed_value(name, int, expected)
        if value is None or least <= value <= most:
            return value or 0
        self.add_fault(name, expected)
        return 0

    def read_choice(self, name: str, options: Sequence[str]) -> str:
        """One of some words, which come in any case (contract, Enums)."""
        expected = f"Give {' or '.join(options)}."
        value = self._read_typed_value(name, str, expected)
        if value is None:
            return ""
        found = (option for option in options if option.casefold() == value.casefold())
        return next(found, "") or self.add_fault(name, expected, "invalid_choice")

    def read_optional_object(self, name: str) -> "FieldReader | None":
        """An optional object within this one."""
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.add_fault(name, "Give an object.")
            return None
        return FieldReader(value, f"{self._path}.{name}", self._faults)

    def reject_unknown_fields(self, *names: str) -> None:
        """Refuse every field but these."""
        for name in sorted(set(self._data) - set(names))[:MAX_UNKNOWN]:
            self.add_fault(name if _SHOWABLE.match(name) else "", "There is no such field.", "unknown_field")

    def add_fault(self, name: str, message: str, code: str = "invalid") -> str:
        """Note a fault, once a field; what is refused reads as blank."""
        field = f"{self._path}.{name}".rstrip(".")
        if all(fault.field != field for fault in self._faults):
            self._faults.append(FieldFault(field, message, code))
        return ""

    def raise_collected_faults(self) -> None:
        """Raise Invalid with every fault that was found, if there is one."""
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
