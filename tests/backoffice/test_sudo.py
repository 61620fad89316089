"""A sensitive command asks for one's own password, unless it was given a moment ago in this session."""

from http.cookies import SimpleCookie

from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter
from pytest_django import Settings

from accounts.models import User
from events.models import Action, AuditEvent
from kernel.actor import PROOF_LIFETIME
from orders.models import Order
from orders.states import Status
from tenants.scoping import all_tenants
from tests.backoffice.screens import Page, Screen, reload_row, screen_of, text_of
from tests.factories import PASSWORD
from tests.snapshots import snapshot

FRESH = int(PROOF_LIFETIME.total_seconds())
REASON = "The customer moved abroad"
WRONG = "guessed it"


def let_proof_expire(screen: Screen, seconds: int = FRESH) -> Screen:
    """The same screen so much later."""
    session = screen.session
    session["proved_at"] -= seconds
    session.save()
    return screen


def force_cancel(screen: Screen, order: Order, **values: object) -> Page:
    return screen.press(order, "force_cancel", **{"reason": REASON} | values)


def asks_password(page: Page) -> bool:
    return 'name="password"' in text_of(page)


def failed_log_ins(user: User) -> int:
    with all_tenants(reason="the test looks at what happened"):
        return int(AuditEvent.objects.filter(action=Action.LOGIN_FAILED, entity_id=user.pk).count())


def all_but_the_journal() -> dict[str, list[str]]:
    return {table: rows for table, rows in snapshot().items() if not table.startswith("events_")}


def test_right_after_the_log_in_nothing_is_asked(order: Order, roots: Screen) -> None:
    assert not asks_password(roots.open("orders_order_command", order.pk, "force_cancel"))
    force_cancel(roots, order)
    assert reload_row(order).status == Status.CANCELLED


def test_later_the_page_asks_for_the_password(order: Order, roots: Screen) -> None:
    page = let_proof_expire(roots).open("orders_order_command", order.pk, "force_cancel")
    assert asks_password(page)
    assert "current-password" in text_of(page)


def test_a_second_before_it_does_not(order: Order, roots: Screen) -> None:
    assert not asks_password(let_proof_expire(roots, FRESH - 5).open("orders_order_command", order.pk, "force_cancel"))


def test_without_the_password_nothing_happens_and_the_reason_stays(order: Order, roots: Screen) -> None:
    let_proof_expire(roots)
    before = snapshot()
    page = force_cancel(roots, order)
    assert page.context["command_form"].errors["password"] == ["This field is required."]
    assert REASON in text_of(page)
    assert snapshot() == before


def test_a_wrong_password_changes_nothing_and_is_in_the_journal(order: Order, root: User, roots: Screen) -> None:
    let_proof_expire(roots)
    before, failures = all_but_the_journal(), failed_log_ins(root)
    page = force_cancel(roots, order, password=WRONG)
    assert page.context["command_form"].errors["password"] == ["This is not your password."]
    assert REASON in text_of(page)
    assert WRONG not in text_of(page)
    assert all_but_the_journal() == before
    assert failed_log_ins(root) == failures + 1


def test_the_right_password_carries_it_out_and_is_good_for_the_next_one(
    order: Order, foreign_order: Order, roots: Screen
) -> None:
    force_cancel(let_proof_expire(roots), order, password=PASSWORD)
    assert reload_row(order).status == Status.CANCELLED
    force_cancel(roots, foreign_order)
    assert reload_row(foreign_order).status == Status.CANCELLED


def test_a_copy_of_the_session_has_no_part_in_the_proof(order: Order, roots: Screen) -> None:
    thief = Screen()
    thief.cookies = SimpleCookie(let_proof_expire(roots).cookies.output(header="", sep=";"))
    assert asks_password(thief.open("orders_order_command", order.pk, "force_cancel"))
    force_cancel(roots, order, password=PASSWORD)
    assert reload_row(order).status == Status.CANCELLED
    assert thief.get(reverse("admin:index")).status_code == 302


def test_somebody_elses_password_is_a_wrong_one(order: Order, sam: User, sams: Screen, roots: Screen) -> None:
    new = {"new_password1": "another horse battery", "new_password2": "another horse battery"}
    sams.fill("password_change", old_password=PASSWORD, **new)
    force_cancel(let_proof_expire(roots), order, password=new["new_password1"])
    assert reload_row(sam).check_password(new["new_password1"])
    assert reload_row(order).status == Status.PLACED


def test_a_password_given_in_another_session_proves_nothing_here(order: Order, root: User, roots: Screen) -> None:
    let_proof_expire(roots)
    assert not asks_password(screen_of(root).open("orders_order_command", order.pk, "force_cancel"))
    assert asks_password(roots.open("orders_order_command", order.pk, "force_cancel"))


def test_a_wrong_log_in_on_the_same_screen_proves_nothing(order: Order, root: User, roots: Screen) -> None:
    let_proof_expire(roots).post(reverse("admin:login"), {"username": root.username, "password": WRONG})
    assert asks_password(roots.open("orders_order_command", order.pk, "force_cancel"))


def test_many_rows_ask_too(order: Order, roots: Screen) -> None:
    page = let_proof_expire(roots).tick([order], "force_cancel")
    assert asks_password(page)
    assert asks_password(roots.tick([order], "force_cancel", confirmed="yes", reason=REASON))
    assert reload_row(order).status == Status.PLACED


def test_many_rows_take_the_command_with_the_password(order: Order, foreign_order: Order, roots: Screen) -> None:
    let_proof_expire(roots).tick(
        [order, foreign_order], "force_cancel", confirmed="yes", reason=REASON, password=PASSWORD
    )
    assert {reload_row(order).status, reload_row(foreign_order).status} == {Status.CANCELLED}


def test_what_is_not_sensitive_never_asks(order: Order, roots: Screen) -> None:
    assert not asks_password(let_proof_expire(roots).open("orders_order_command", order.pk, "cancel"))
    roots.press(order, "approve", reason="Paid in cash")
    assert reload_row(order).status == Status.APPROVED


def test_attempts_count_with_those_of_the_log_in_page(order: Order, roots: Screen, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT = (2, 86_400)
    let_proof_expire(roots).post(reverse("admin:login"), {"username": "nobody", "password": WRONG})
    force_cancel(roots, order, password=WRONG)
    page = force_cancel(roots, order, password=PASSWORD)
    assert "too many attempts" in page.context["command_form"].errors["password"][0]
    assert reload_row(order).status == Status.PLACED


def test_the_old_password_of_a_new_one_counts_too(roots: Screen, root: User, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT = (1, 86_400)
    new = {"new_password1": "another horse battery", "new_password2": "another horse battery"}
    roots.fill("password_change", old_password=WRONG, **new)
    roots.fill("password_change", old_password=PASSWORD, **new)
    assert reload_row(root).check_password(PASSWORD)


def test_no_report_of_an_error_tells_the_password(order: Order, roots: Screen) -> None:
    let_proof_expire(roots)
    for page in (force_cancel(roots, order, password=WRONG), roots.tick([order], "force_cancel", password=WRONG)):
        told = SafeExceptionReporterFilter().get_post_parameters(page.wsgi_request)
        assert (told["password"], page.wsgi_request.POST["password"]) == ("*" * 20, WRONG)
