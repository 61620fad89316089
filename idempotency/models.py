from django.db import models

from kernel import clock
from tenants.fields import DateTimeField
from tenants.scoping import TenantOwned


class IdempotencyRecord(TenantOwned):
    """The first response to an Idempotency-Key, kept for a day and replayed (contract, Idempotency).

    Attributes:
        operation: what is done, such as REST's `place_order`.
        target: the id of the row that the operation is about; blank where it makes one.
        key_digest: an HMAC of the caller's key.
        request_digest: an HMAC of the request's content.
        status: of the response; 0 while the work is under way.
        effect_id: the id of what the work makes, where it takes several transactions: a repetition finds it by this.
        leased_until: when the lease on unfinished work expires; after that another request resumes the work.
    """

    principal = models.CharField(max_length=64)
    operation = models.CharField(max_length=60)
    target = models.CharField(max_length=36, blank=True)
    key_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    effect_id = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = DateTimeField(default=clock.now)

    class Meta(TenantOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "principal", "operation", "target", "key_digest"), name="idempotency_record_once"
            ),
        )
        indexes = (models.Index(fields=("created_at",), name="idempotency_record_age"),)

    def __str__(self) -> str:
        return f"{self.operation} {self.target or self.principal}"
