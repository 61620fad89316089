"""The names of fields at fault, as the request message has them (contract, gRPC)."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from rest_framework.exceptions import ValidationError

from kernel.errors import FieldFault, Invalid
from petstore.interfaces.http.problems import translate_exception

Rename = Callable[[str], str]
_HUMP: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


def to_snake_case(name: str) -> str:
    """Write a name of REST's as messages have it: `medicalInfo.healthNotes` becomes `medical_info.health_notes`."""
    return _HUMP.sub(lambda found: f"_{found[1].lower()}", name)


@contextmanager
def rename_faults(rename: Rename = str) -> Iterator[None]:
    """Name the fields of refusals from within as the request does.

    Args:
        rename: takes a field's name in snake_case, and returns its place in the request; by default that is its name.
    """
    try:
        yield
    except Invalid as error:
        error.faults = _rename_all(error.faults, rename)
        raise
    except ValidationError as error:
        problem = translate_exception(error)
        raise Invalid(faults=_rename_all(problem.faults if problem else (), rename)) from error


def _rename_all(faults: tuple[FieldFault, ...], rename: Rename) -> tuple[FieldFault, ...]:
    return tuple(replace(fault, field=rename(to_snake_case(fault.field))) for fault in faults)
