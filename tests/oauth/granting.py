"""Users who allow applications something, below the pages: what the tests of tokens begin with."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from applications.models import Application, ApplicationSession
from applications.services.codes import issue_authorization_code
from applications.services.consents import grant_consent
from kernel.actor import Actor, Role
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import CALLBACK

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""Of RFC 7636, appendix B."""


@dataclass(frozen=True)
class Allowed:
    """A code, and what an application sends with it."""

    code: str
    redirect_uri: str = CALLBACK
    code_verifier: str = VERIFIER

    @property
    def form(self) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": self.code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.code_verifier,
        }


def actor_of(user: User) -> Actor:
    """The user at the consent page."""
    return Actor(user_id=user.pk, role=Role(user.role))


def allow(application: Application, user: User, scopes: Iterable[str] | None = None, **changed: str) -> Allowed:
    """A code for what the user has allowed; all that the application may ask for, unless `scopes` says otherwise."""
    wanted = application.scopes if scopes is None else list(scopes)
    bound = {"redirect_uri": CALLBACK, "code_challenge": CHALLENGE} | changed
    with tenant_scope(application.tenant_id):
        grant_consent(application=application, user=user, scopes=wanted, actor=actor_of(user))
        code = issue_authorization_code(
            application=application, user=user, scopes=wanted, actor=actor_of(user), **bound
        )
    return Allowed(code, bound["redirect_uri"])


def families() -> int:
    """How many sessions applications have, in all tenants."""
    with all_tenants(reason="test"):
        return int(ApplicationSession.objects.count())
