from django.db import models


class RecurringJob(models.Model):
    """A job that all workers share: the time of its last run, and the lease of a run under way.

    Attributes:
        claimed_until: the lease's end; after it the job can be claimed again.
    """

    name = models.CharField(max_length=40, primary_key=True)
    done_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
