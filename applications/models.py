"""Applications of other developers, what users allowed them, and the grants by which they get tokens (RFC 6749)."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import LoginSession, User
from kernel import clock, ids
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import TenantOwned

NAME_MAX = 60


class Application(TenantOwned):
    """A program of another developer that acts for users of this tenant, as far as they allow (contract, OAuth 2.0).

    Lives ACTIVE and may be PAUSED, which ends all its tokens, and made ACTIVE again; deleting it ends them, too.

    Attributes:
        client_id: its public name towards us; unique over all tenants.
        secret_digest: of a CONFIDENTIAL application's secret (`applications.digests`); blank for a PUBLIC one.
        redirect_uris: where its users are sent back to, compared byte for byte.
        scopes: what it may ask for.
        is_device: it may use the device grant (RFC 8628).
    """

    class Type(models.TextChoices):
        CONFIDENTIAL = "CONFIDENTIAL"
        PUBLIC = "PUBLIC"

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        PAUSED = "PAUSED"

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    client_id = models.CharField(max_length=64, unique=True, editable=False)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    name = models.CharField(max_length=NAME_MAX)
    type = models.CharField(max_length=12, choices=Type)
    redirect_uris = models.JSONField(default=list)
    scopes = models.JSONField(default=list)
    is_device = models.BooleanField(default=False)
    status = models.CharField(max_length=6, choices=Status, default=Status.ACTIVE)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = DateTimeField(default=clock.now, editable=False)
    updated_at = DateTimeField(default=clock.now, editable=False)

    class Meta(TenantOwned.Meta):
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("tenant", "created_at", "id"), name="application_oldest_first"),)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "id"), name="application_tenant_id"),
            models.CheckConstraint(condition=Q(status__in=("ACTIVE", "PAUSED")), name="application_status_known"),
            models.CheckConstraint(
                condition=Q(type="PUBLIC", secret_digest="") | (Q(type="CONFIDENTIAL") & ~Q(secret_digest="")),
                name="application_secret_by_type",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_public(self) -> bool:
        """Return whether it cannot keep a secret: an app on a phone or in a browser."""
        return self.type == self.Type.PUBLIC

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE


class Consent(TenantOwned):
    """The scopes that a user has allowed an application; withdrawing it deletes the row and ends the tokens."""

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="consents")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    granted_at = DateTimeField(default=clock.now)

    class Meta(TenantOwned.Meta):
        ordering = ("granted_at", "id")
        constraints = (models.UniqueConstraint(fields=("application", "user"), name="consent_once"),)

    def __str__(self) -> str:
        return f"{self.user} allows {self.application}"


class ApplicationSession(TenantOwned):
    """A session of an application that acts for a user: all tokens that come of one grant, a family.

    The tokens name the log-in session, which is revoked to end them.

    Attributes:
        scopes: what the user granted; a refresh may ask for fewer.
    """

    session = models.OneToOneField(LoginSession, on_delete=models.CASCADE, primary_key=True, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="sessions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    created_at = DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return str(self.session_id)


class AuthorizationCode(TenantOwned):
    """A code that an application exchanges for tokens, once and within a minute (RFC 6749, 4.1).

    Attributes:
        digest: of the code.
        redirect_uri: where the code was sent to; blank where the request left it out, and so must the exchange.
        code_challenge: the S256 challenge of its verifier (RFC 7636).
        token_version: the user's, when they allowed it; a greater one ends the code.
        used_at: when it was exchanged; a second exchange revokes `session`.
    """

    digest = models.CharField(max_length=64, primary_key=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    redirect_uri = models.TextField(blank=True)
    scopes = models.JSONField(default=list)
    code_challenge = models.CharField(max_length=128)
    token_version = models.PositiveIntegerField(default=1)
    created_at = DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    session = models.ForeignKey(LoginSession, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantOwned.Meta):
        indexes = (models.Index(fields=("expires_at",), name="authorization_code_expiry"),)

    def __str__(self) -> str:
        return f"for {self.application}"

    def is_expired(self, at: datetime) -> bool:
        """Return whether it is too late to exchange it."""
        return self.expires_at <= at


class DeviceAuthorization(TenantOwned):
    """A device's request for tokens, which a user answers in a browser (RFC 8628).

    Lives PENDING, is ALLOWED or DENIED by the user, and ends USED when the device has fetched its tokens.

    Attributes:
        digest: of the device code.
        user_code: what the user types; without its hyphen, in upper case.
        scopes: what the device asks for; once ALLOWED, what the user allowed.
        user: who answered.
        token_version: the user's, when they answered; a greater one ends the code.
        interval: seconds that the device has to wait between two requests.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING"
        ALLOWED = "ALLOWED"
        DENIED = "DENIED"
        USED = "USED"

    digest = models.CharField(max_length=64, primary_key=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    user_code = models.CharField(max_length=8, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    token_version = models.PositiveIntegerField(default=1)
    interval = models.PositiveSmallIntegerField(default=5)
    last_polled_at = models.DateTimeField(null=True)
    created_at = DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        indexes = (models.Index(fields=("expires_at",), name="device_authorization_expiry"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("PENDING", "ALLOWED", "DENIED", "USED")), name="device_status_known"
            ),
        )

    def __str__(self) -> str:
        return f"for {self.application}"

    def is_expired(self, at: datetime) -> bool:
        """Return whether nobody can answer it any more."""
        return self.expires_at <= at
