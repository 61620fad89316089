from django.db import models


class RecurringJob(models.Model):
    """When a job that all workers share was last done, and until when somebody is at it.

    Attributes:
        claimed_until: whoever has begun it and is not done by then has died.
    """

    name = models.CharField(max_length=40, primary_key=True)
    done_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
