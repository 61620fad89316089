from django.db import models

from tenants.scoping import TenantOwned


class DailyConsultations(TenantOwned):
    """The number of consultations of a day (UTC): all that is stored of them (contract, Chat).

    Attributes:
        consultations: those that were begun, whatever became of their answers.
    """

    day = models.DateField()
    consultations = models.BigIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant", "day"), name="daily_consultations_once"),)
        indexes = (models.Index(fields=("day",), name="daily_consultations_of_day"),)

    def __str__(self) -> str:
        return f"{self.consultations} of {self.day}"
