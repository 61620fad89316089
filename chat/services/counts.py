"""The count of consultations, of which nothing else is stored."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F

from chat.models import DailyConsultations


def count_consultation(day: date) -> None:
    """Count one more consultation of a day in the scope's tenant, exactly, however many callers do so at once."""
    if _add_to_day(day):
        return
    try:
        with transaction.atomic():
            DailyConsultations(day=day, consultations=1).save(force_insert=True)
    except IntegrityError:  # another caller was the first of this day
        _add_to_day(day)


def _add_to_day(day: date) -> bool:
    changed = DailyConsultations.objects.filter(day=day).update(consultations=F("consultations") + 1)
    return bool(changed)
