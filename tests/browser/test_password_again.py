"""A sensitive command asks an admin for the password again, in a real browser."""

import re

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from orders.models import Order
from orders.states import Status
from tenants.models import Tenant
from tests.backoffice.screens import reload_row
from tests.backoffice.test_people import works_in
from tests.browser.session_age import expire_password_proof
from tests.browser.test_orders import page_of
from tests.factories import PASSWORD


def test_an_admin_gives_the_password_again_to_cancel_by_force(roots: Page, order: Order) -> None:
    expire_password_proof(roots)
    roots.goto(page_of(order))
    roots.get_by_role("link", name="Force cancel…").click()
    reason, password = roots.get_by_label("Reason"), roots.get_by_label("Your password")
    reason.fill("Fraud")
    password.fill("guessed it")
    roots.get_by_role("button", name="Force cancel").click()
    expect(password).to_have_accessible_description(re.compile("This is not your password."))
    expect(password).to_be_focused()
    expect(password).to_have_value("")
    expect(reason).to_have_value("Fraud")
    assert (reload_row(order).status, reload_row(order).version) == (Status.PLACED, order.version)
    password.fill(PASSWORD)
    roots.get_by_role("button", name="Force cancel").click()
    expect(roots).to_have_url(re.compile(f"{page_of(order)}$"))
    expect(roots.get_by_role("status")).to_contain_text("1 order cancelled by force.")
    assert reload_row(order).status == Status.CANCELLED


def test_an_admin_gives_the_password_again_to_let_somebody_work_in_a_tenant(
    roots: Page, sam: User, globex: Tenant
) -> None:
    expire_password_proof(roots)
    roots.goto(reverse("admin:tenants_tenant_change", args=(globex.pk,)))
    member, password = roots.get_by_label("Staff member").first, roots.get_by_label("Your password")
    expect(password).to_have_count(0)
    member.fill(sam.username)
    roots.get_by_role("button", name="Save", exact=True).click()
    expect(roots.get_by_text("This step needs your password again")).to_be_visible()
    expect(member).to_have_value(sam.username)
    assert not works_in(sam, globex)
    password.fill(PASSWORD)
    roots.get_by_role("button", name="Save", exact=True).click()
    expect(roots.get_by_role("status")).to_contain_text("was changed successfully")
    assert works_in(sam, globex)
