"""A session of the back office: its length, its end, and its cookies."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.registration import Profile, change_user_status, update_user_profile
from kernel import clock
from kernel.actor import SYSTEM
from petstore.interfaces.backoffice.session_timeout import MAX_SESSION_SECONDS, RENEWAL_SECONDS
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, screen_of
from tests.factories import PASSWORD
from tests.server.settings_start import GOOD, values_of


def is_inside(screen: Screen) -> bool:
    return screen.get(reverse("admin:index")).status_code == 200


def date_back(screen: Screen, name: str, seconds: int) -> Screen:
    """The same screen, with a moment of its session so much longer ago."""
    session = screen.session
    session[name] -= seconds
    session.save()
    return screen


def row_of(screen: Screen) -> Session:
    return Session.objects.get(pk=screen.session.session_key)


def test_eight_hours_without_a_page_end_it(sams: Screen) -> None:
    row = row_of(sams)
    assert row.expire_date - clock.now() < timedelta(hours=8, minutes=1)
    row.expire_date = clock.now() - timedelta(seconds=1)
    row.save()
    assert not is_inside(sams)


def test_whoever_works_stays_logged_in(sams: Screen) -> None:
    Session.objects.update(expire_date=clock.now() + timedelta(minutes=1))
    assert is_inside(date_back(sams, "seen_at", RENEWAL_SECONDS))
    assert row_of(sams).expire_date - clock.now() > timedelta(hours=7)
    assert int(sams.cookies[configured.SESSION_COOKIE_NAME]["max-age"]) == 8 * 3600


def test_a_page_a_moment_later_writes_nothing(sams: Screen) -> None:
    soon = clock.now() + timedelta(minutes=1)
    Session.objects.update(expire_date=soon)
    assert is_inside(sams)
    assert row_of(sams).expire_date == soon


def test_a_day_ends_it_whatever_one_does(sams: Screen) -> None:
    assert is_inside(date_back(sams, "began_at", MAX_SESSION_SECONDS - 5))
    assert not is_inside(date_back(sams, "began_at", 5))
    assert not Session.objects.exists()


def test_a_session_that_does_not_say_when_it_began_is_over(sam: User) -> None:
    screen = Screen()
    screen.force_login(sam)
    assert not is_inside(screen)


def test_a_log_in_changes_the_key_of_the_session(sam: User, sams: Screen) -> None:
    old = sams.session.session_key
    sams.post(reverse("admin:login"), {"username": sam.username, "password": PASSWORD})
    assert sams.session.session_key != old
    assert not Session.objects.filter(pk=old).exists()


def test_a_key_that_somebody_else_chose_is_not_taken(sam: User) -> None:
    screen = Screen()
    screen.cookies[configured.SESSION_COOKIE_NAME] = "chosenbysomebodyelse"
    screen.post(reverse("admin:login"), {"username": sam.username, "password": PASSWORD})
    assert is_inside(screen)
    assert screen.session.session_key != "chosenbysomebodyelse"


def test_a_new_password_ends_all_other_sessions(sam: User, sams: Screen) -> None:
    elsewhere, new = screen_of(sam), "another horse battery"
    assert is_inside(elsewhere)
    sams.fill("password_change", old_password=PASSWORD, new_password1=new, new_password2=new)
    assert (is_inside(sams), is_inside(elsewhere)) == (True, False)


def test_a_password_changed_over_the_api_ends_them_too(sam: User, sams: Screen) -> None:
    profile = Profile(email=sam.email, first_name=sam.first_name, last_name=sam.last_name)
    with tenant_scope(sam.tenant_id):
        update_user_profile(user_id=sam.pk, profile=profile, password="another horse battery", actor=SYSTEM)  # noqa: S106  # a test's
    assert not is_inside(sams)


def test_a_suspension_ends_it(sam: User, sams: Screen) -> None:
    assert is_inside(sams)
    with tenant_scope(sam.tenant_id):
        change_user_status(user_id=sam.pk, status=User.Status.SUSPENDED, actor=SYSTEM)
    assert not is_inside(sams)


def test_logging_out_is_a_post_and_ends_it(sams: Screen) -> None:
    key = sams.session.session_key
    assert sams.get(reverse("admin:logout")).status_code == 405
    assert is_inside(sams)
    sams.post(reverse("admin:logout"))
    assert not is_inside(sams)
    assert not Session.objects.filter(pk=key).exists()


def test_scripts_see_none_of_the_cookies_and_other_sites_send_none(sams: Screen) -> None:
    sams.open("orders_order_add")
    for name in (configured.SESSION_COOKIE_NAME, configured.CSRF_COOKIE_NAME):
        assert (sams.cookies[name]["httponly"], sams.cookies[name]["samesite"]) == (True, "Lax")


def test_in_production_cookies_are_bound_to_the_host_and_to_tls() -> None:
    told = values_of("prod", GOOD, "SESSION_COOKIE", "CSRF_COOKIE")
    for name in ("SESSION_COOKIE", "CSRF_COOKIE"):
        assert told[f"{name}_NAME"].startswith("__Host-")
        assert (told[f"{name}_SECURE"], told[f"{name}_HTTPONLY"]) == (True, True)
        assert (told.get(f"{name}_DOMAIN"), told.get(f"{name}_PATH", "/")) == (None, "/")


@pytest.mark.parametrize("name", ["index", "login", "password_change", "orders_order_changelist", "orders_order_add"])
def test_no_cache_keeps_a_page_of_the_back_office(sams: Screen, name: str) -> None:
    assert "no-store" in sams.open(name).headers["Cache-Control"]


def test_nor_what_is_no_page(sams: Screen) -> None:
    answers: list[Page] = [sams.get("/admin/nowhere/"), sams.get("/admin/orders/order/1/"), Client().get("/admin/")]
    assert [("no-store" in answer.headers["Cache-Control"]) for answer in answers] == [True, True, True]
