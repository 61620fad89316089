"""Pages of the back office under load, and a log-in like a browser's."""

import re
from dataclasses import replace

import httpx

from benchmarks.errors import BenchmarkError
from benchmarks.operations import Operation
from benchmarks.seeds import ADMIN, PASSWORD, STAFF, Shop
from benchmarks.sites import Site

DASHBOARD = Operation("dashboard", "dashboard, admin", "GET", "/admin/", caller=ADMIN, is_page=True)
ORDER_LIST = Operation("order-list", "order list, admin", "GET", "/admin/orders/order/", caller=ADMIN, is_page=True)
PAGES = (
    DASHBOARD,
    replace(DASHBOARD, slug="dashboard-staff", title="dashboard, staff", caller=STAFF),
    ORDER_LIST,
    replace(ORDER_LIST, slug="order-list-staff", title="order list, staff", caller=STAFF),
)
CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def open_back_office(opened: Site, shop: Shop) -> None:
    """Log an admin and a shop's staff in, and check that each page shows the shop's orders before its speed counts.

    Raises:
        BenchmarkError: when somebody is not let in, or a page shows something else.
    """
    names = {ADMIN: ADMIN, STAFF: shop.name_user(STAFF)}
    opened.sessions.update({caller: _session_of(opened.base_url, name) for caller, name in names.items()})
    first, last = shop.find_order_id(1), shop.find_order_id(shop.orders)
    for page in PAGES:
        shown = first if page.path == DASHBOARD.path else last  # waits longest; was placed last
        cookies = {"Cookie": opened.sessions[str(page.caller)]}
        answer = httpx.get(f"{opened.base_url}{page.path}", headers=cookies, timeout=30)
        if answer.status_code != httpx.codes.OK or str(shown) not in answer.text:
            raise BenchmarkError(f"{page.title}: order {shown} is not on {answer.url}, which is {answer.status_code}.")


def _session_of(base_url: str, username: str) -> str:
    """The cookies of somebody who has filled in the log-in page."""
    with httpx.Client(base_url=base_url, timeout=30) as browser:
        form = CSRF_FIELD.search(browser.get("/admin/login/").text)
        values = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": form[1] if form else ""}
        answer = browser.post("/admin/login/", data=values)
        if answer.status_code != httpx.codes.FOUND:
            raise BenchmarkError(f"{base_url}/admin/login/ did not let {username} in: {answer.status_code}")
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
