"""Forms of the back office: they show the error of a use case beside the field it is about."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from kernel.errors import DomainError, Kind

STALE = "Somebody else has changed this in the meantime. Check the current values before you try again."


def format_error_message(error: DomainError) -> str:
    """Return an error's text for a person: its faults where it has some."""
    if error.kind is Kind.STALE:
        return STALE
    return " ".join(fault.message for fault in error.faults) or error.detail


class BackOfficeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A form that shows the error of a use case as it shows any other mistake.

    Attributes:
        domain_error: the error that the use case raised for these very values.
        field_names: the form's field for a fault of another name.
    """

    domain_error: ClassVar[DomainError | None] = None
    field_names: ClassVar[Mapping[str, str]] = {}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.domain_error is not None:
            self._add_domain_error(self.domain_error)
        return cleaned

    def _add_domain_error(self, error: DomainError) -> None:
        if not error.faults:
            self.add_error(None, format_error_message(error))
        for fault in error.faults:
            name = self.field_names.get(fault.field, fault.field)
            self.add_error(name if name in self.fields else None, fault.message)


class VersionedForm(BackOfficeForm):
    """A form that sends along the version of the row that its page showed."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.version
        self.fields["seen_version"].required = not self.instance._state.adding
