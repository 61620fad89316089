"""Counts of consultations."""

from django.db.models import QuerySet, Sum

from chat.models import DailyConsultations
from kernel import clock


def count_consultations_today() -> int:
    """Count the consultations of today (UTC) in the scope."""
    return _sum_consultations(DailyConsultations.objects.filter(day=clock.now().date()))


def count_all_consultations() -> int:
    """Count the consultations of the scope since the beginning."""
    return _sum_consultations(DailyConsultations.objects.all())


def _sum_consultations(days: QuerySet[DailyConsultations]) -> int:
    number: int | None = days.order_by().aggregate(number=Sum("consultations"))["number"]
    return number or 0
