from django.db import models

from kernel import clock
from tenants.fields import DateTimeField
from tenants.scoping import TenantOwned


class IdempotencyRecord(TenantOwned):
    """The first answer to an Idempotency-Key, kept for a day and replayed (contract, Idempotency).

    Attributes:
        key: an HMAC of the caller's.
        status: of the answer; 0 while the work is still going on.
        effect_id: the id that work of several transactions gives to its effect, so that a repetition finds it.
        claimed_until: until when somebody is at work of several transactions; whoever comes later takes over.
    """

    principal = models.CharField(max_length=64)
    route = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    effect_id = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    created_at = DateTimeField(default=clock.now)

    class Meta(TenantOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "principal", "route", "key"), name="idempotency_record_once"),
        )
        indexes = (models.Index(fields=("created_at",), name="idempotency_record_age"),)

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
