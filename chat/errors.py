"""Refusals of consultations."""

from kernel.errors import DomainError, Kind


class AdvisorUnavailable(DomainError):
    """The model cannot be reached, refuses, breaks off or talks nonsense; the reason is in the log only."""

    kind = Kind.UNAVAILABLE
    code = "advisor_unavailable"
    title = "The advisor cannot answer at the moment"
    retry_after = 10
