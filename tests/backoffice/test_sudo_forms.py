"""Forms and buttons that give power, secrets or money ask for one's own password where it is long ago."""

from typing import Any

import pytest
from django.db.models import Model
from django.views.debug import SafeExceptionReporterFilter

from accounts.models import User
from payments.models import Payment
from tenants.models import Tenant
from tests.backoffice.screens import Page, Screen, reload_row, text_of
from tests.backoffice.test_people import NEWCOMER, one_more, shown_tenant_form, works_in
from tests.backoffice.test_sudo import WRONG, all_but_the_journal, let_proof_expire
from tests.factories import PASSWORD
from tests.snapshots import snapshot
from webhooks.models import Endpoint


def asks_password(page: Page) -> bool:
    return 'name="own_password"' in text_of(page)


def add_staff(roots: Screen, acme: Tenant, **more: Any) -> Page:
    return roots.fill("accounts_user_add", **NEWCOMER, **more, store=acme.pk)


def user_exists(username: str) -> bool:
    return any(username in row for row in snapshot()["accounts_user"])


def test_the_form_for_new_staff_asks_beforehand(roots: Screen) -> None:
    assert not asks_password(roots.open("accounts_user_add"))
    assert asks_password(let_proof_expire(roots).open("accounts_user_add"))


def test_nobody_is_employed_without_the_password_and_with_it_they_are(roots: Screen, acme: Tenant) -> None:
    let_proof_expire(roots)
    before = snapshot()
    page = add_staff(roots, acme)
    assert asks_password(page)
    assert NEWCOMER["email"] in text_of(page)
    assert snapshot() == before
    add_staff(roots, acme, own_password=PASSWORD)
    assert user_exists("nora")


def test_a_wrong_password_employs_nobody(roots: Screen, acme: Tenant) -> None:
    let_proof_expire(roots)
    before = all_but_the_journal()
    page = add_staff(roots, acme, own_password=WRONG)
    assert "This is not your password." in text_of(page)
    assert WRONG not in text_of(page)
    assert all_but_the_journal() == before
    told = SafeExceptionReporterFilter().get_post_parameters(page.wsgi_request)
    assert (told["own_password"], told["password"]) == ("*" * 20, "*" * 20)


def test_a_right_password_does_not_save_what_is_wrong_otherwise(roots: Screen, acme: Tenant) -> None:
    page = add_staff(let_proof_expire(roots), acme, own_password=PASSWORD, phone="none")
    assert not user_exists("nora")
    assert not asks_password(page)


def test_a_new_member_needs_it(roots: Screen, sam: User, globex: Tenant) -> None:
    let_proof_expire(roots)
    page = roots.fill("tenants_tenant_change", globex.pk, **shown_tenant_form(globex), **one_more("sam"))
    assert asks_password(page)
    assert not works_in(sam, globex)
    roots.fill(
        "tenants_tenant_change", globex.pk, **shown_tenant_form(globex), **one_more("sam"), own_password=PASSWORD
    )
    assert works_in(sam, globex)


def test_what_is_not_sensitive_is_saved_without(roots: Screen, globex: Tenant) -> None:
    none = {"members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}
    page = let_proof_expire(roots).fill(
        "tenants_tenant_change", globex.pk, **shown_tenant_form(globex) | {"name": "Globex & Co"}, **none
    )
    assert not asks_password(page)
    assert reload_row(globex).name == "Globex & Co"


@pytest.fixture
def rows(alice: User, endpoint: Endpoint, payment: Payment) -> dict[str, Model]:
    return {"accounts_user": alice, "webhooks_endpoint": endpoint, "payments_payment": payment}


@pytest.mark.parametrize(
    ("model", "command"), [("accounts_user", "close"), ("webhooks_endpoint", "rotate"), ("payments_payment", "refund")]
)
def test_a_button_asks_on_the_page_that_confirms(roots: Screen, rows: dict[str, Any], model: str, command: str) -> None:
    let_proof_expire(roots)
    row, before = reload_row(rows[model]), snapshot()
    values = {"version": row.version, "reason": "Asked for"}
    page = roots.fill(f"{model}_command", row.pk, command, **values)
    assert 'name="password"' in text_of(page)
    assert snapshot() == before
    roots.fill(f"{model}_command", row.pk, command, **values, password=PASSWORD)
    assert reload_row(row).version > row.version
