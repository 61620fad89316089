"""Name the fields at fault as the operation names them (contract, GraphQL)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from rest_framework.exceptions import ValidationError

from kernel.errors import Invalid
from petstore.interfaces.http.problems import translate_exception

Rename = Callable[[str], str]
"""Returns the name of a field in the operation for REST's name."""


@contextmanager
def rename_faults(rename: Rename) -> Iterator[None]:
    """Rename the fields at fault in what is raised in the block.

    Raises:
        Invalid
    """
    try:
        yield
    except (Invalid, ValidationError) as error:
        problem = translate_exception(error)
        if problem is None or not problem.faults:
            raise
        faults = tuple(replace(fault, field=rename(fault.field)) for fault in problem.faults)
        raise Invalid(problem.detail, faults=faults) from error
