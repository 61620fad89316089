"""Staff and admins can log in, and a log-in is recorded."""

from django.contrib.admin.models import LogEntry
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.services.registration import change_user_status
from events.models import Action, AuditEvent
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, reload_row, screen_of
from tests.factories import PASSWORD


def is_inside(screen: Screen) -> bool:
    return screen.get(reverse("admin:index")).status_code == 200


def test_staff_get_in_and_the_log_in_is_noted(sam: User) -> None:
    assert is_inside(screen_of(sam))
    assert reload_row(sam).last_login is not None


def test_an_admin_gets_in(root: User) -> None:
    assert is_inside(screen_of(root))


def test_a_customer_does_not_get_in(alice: User) -> None:
    assert not is_inside(screen_of(alice))
    assert reload_row(alice).last_login is None


def test_a_wrong_password_lets_nobody_in_and_is_in_the_journal(sam: User, acme: Tenant) -> None:
    screen = Screen()
    screen.post(reverse("admin:login"), {"username": "sam", "password": "wrong"})
    assert not is_inside(screen)
    with tenant_scope(acme.id):
        assert AuditEvent.objects.filter(action=Action.LOGIN_FAILED, entity_id=sam.id).count() == 1


def test_somebody_suspended_is_logged_out_at_once(sam: User, sams: Screen) -> None:
    assert is_inside(sams)
    with tenant_scope(sam.tenant_id):
        change_user_status(user_id=sam.id, status=User.Status.SUSPENDED, actor=SYSTEM)
    assert not is_inside(sams)
    assert not is_inside(screen_of(sam))


def test_ones_own_password_changes_through_the_use_case(sam: User, sams: Screen) -> None:
    new = "another horse battery"
    sams.fill("password_change", old_password=PASSWORD, new_password1=new, new_password2=new)
    assert is_inside(sams)
    assert reload_row(sam).check_password(new)
    assert reload_row(sam).token_version == sam.token_version + 1


def test_nothing_is_written_to_djangos_own_log(sams: Screen, sam: User) -> None:
    values = {
        "name": "Bella",
        "species": "DOG",
        "age_months": 3,
        "price": "10",
        "currency": "USD",
        "status": "AVAILABLE",
    }
    sams.fill("pets_pet_add", store=sam.tenant_id, good_with_kids="unknown", **values)
    with tenant_scope(sam.tenant_id):
        assert AuditEvent.objects.filter(action=Action.PET_CREATED, actor_id=sam.id).count() == 1
    assert not LogEntry.objects.exists()


def test_too_many_attempts_are_refused_with_the_right_password_too(sam: User, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT = (1, 86_400)
    login = {"username": "sam", "password": PASSWORD}
    assert Screen().post(reverse("admin:login"), login | {"password": "wrong"}).status_code == 200
    refused = Screen().post(reverse("admin:login"), login)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert reload_row(sam).last_login is None


def test_the_log_in_page_itself_is_not_counted(db: None, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT = (1, 86_400)
    assert [Screen().get(reverse("admin:login")).status_code for _ in range(3)] == [200, 200, 200]
