from django.db import models


class RateWindow(models.Model):
    """The part of a quota that a caller has used in the current window (contract, Rate limits)."""

    caller = models.CharField(max_length=100, primary_key=True)
    window = models.PositiveBigIntegerField()
    used = models.PositiveBigIntegerField()

    class Meta:
        indexes = (models.Index(fields=("window",), name="rate_window_age"),)

    def __str__(self) -> str:
        return self.caller
