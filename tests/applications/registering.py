"""Applications for the tests, registered in the open scope or in a tenant's, and what users have granted to them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.models import LoginSession, User
from accounts.services.sessions import start_session
from applications.digests import compute_secret_digest, make_secret, make_user_code
from applications.models import Application, ApplicationSession, AuthorizationCode, Consent, DeviceAuthorization
from applications.services.registration import RegisteredApplication, register_application
from kernel import clock
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope

CALLBACK = "https://app.example/callback"


def register(tenant: Tenant | None = None, **changed: Any) -> RegisteredApplication:
    """A CONFIDENTIAL application that may read pets and orders, unless `changed` says otherwise."""
    values: dict[str, Any] = {
        "name": "Probe",
        "redirect_uris": [CALLBACK],
        "scopes": ["read:pets", "read:orders"],
        "is_public": False,
        "is_device": False,
        "actor": SYSTEM,
    }
    if tenant is None:
        return register_application(**values | changed)
    with tenant_scope(tenant.id):
        return register_application(**values | changed)


def connect(
    application: Application, user: User, scopes: Sequence[str] = ("read:pets", "read:orders")
) -> ApplicationSession:
    """A session of the application for the user, who has consented to these scopes."""
    with tenant_scope(application.tenant_id), transaction.atomic():
        consent = Consent.objects.filter(application=application, user=user).first()
        if consent is None:
            Consent(application=application, user=user, scopes=list(scopes)).save(force_insert=True)
        session = ApplicationSession(
            session=start_session(user, at=clock.now()), application=application, user=user, scopes=list(scopes)
        )
        session.save(force_insert=True)
    return session


def give_code(application: Application, user: User) -> AuthorizationCode:
    """A code that waits to be exchanged."""
    code = AuthorizationCode(
        digest=compute_secret_digest(make_secret()),
        application=application,
        user=user,
        redirect_uri=CALLBACK,
        scopes=application.scopes,
        code_challenge="x" * 43,
        expires_at=clock.now() + timedelta(minutes=1),
    )
    with tenant_scope(application.tenant_id):
        code.save(force_insert=True)
    return code


def ask_from_device(application: Application) -> DeviceAuthorization:
    """A device's request that waits for its user."""
    request = DeviceAuthorization(
        digest=compute_secret_digest(make_secret()),
        application=application,
        user_code=make_user_code(),
        scopes=application.scopes,
        expires_at=clock.now() + timedelta(minutes=10),
    )
    with tenant_scope(application.tenant_id):
        request.save(force_insert=True)
    return request


def is_open(session: ApplicationSession) -> bool:
    """Whether the tokens of the session work."""
    with tenant_scope(session.tenant_id):
        return bool(LoginSession.objects.filter(pk=session.session_id, revoked_at=None).exists())
