"""What an erased person has allowed to applications is gone, and their tokens with it; others keep theirs."""

from accounts.models import LoginSession, User
from applications.models import ApplicationSession, AuthorizationCode, Consent, DeviceAuthorization
from applications.services.devices import answer_device_authorization, start_device_authorization
from erasure.services import erase_user
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import connect, register
from tests.oauth.granting import actor_of, allow

KINDS = (Consent, ApplicationSession, AuthorizationCode, DeviceAuthorization)


def grant_everything(user: User) -> None:
    """A consent, a session, a code and an answer to a device."""
    registered = register(user.tenant, name=f"For {user.username}", is_device=True)
    connect(registered.application, user)
    allow(registered.application, user)
    with tenant_scope(user.tenant_id):
        started = start_device_authorization(application=registered.application, scopes=["read:pets"])
        answer_device_authorization(
            device=started.authorization, user=user, is_allowed=True, scopes=["read:pets"], actor=actor_of(user)
        )


def test_everything_that_was_granted_goes_with_the_person(acme: Tenant, alice: User, bob: User) -> None:
    for user in (alice, bob):
        grant_everything(user)
    with tenant_scope(acme.id):
        sessions = list(ApplicationSession.objects.filter(user=alice).values_list("pk", flat=True))
        assert [kind.objects.filter(user=alice).count() for kind in KINDS] == [1, 1, 1, 1]
        erase_user(user_id=alice.id, actor=SYSTEM)
        assert [kind.objects.filter(user=alice).count() for kind in KINDS] == [0, 0, 0, 0]
        assert not LoginSession.objects.filter(pk__in=sessions).exists()
        assert [kind.objects.filter(user=bob).count() for kind in KINDS] == [1, 1, 1, 1]
