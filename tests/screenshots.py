"""Make the pictures of the documentation: `docs/screenshots` starts a demo store and photographs it in Chromium.

It needs Debian's chromium (`apt-get install chromium`) and the development dependencies.
"""

import html
import json
import subprocess
import sys
from typing import Any, Literal
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.tour import ROOT, DemoStore, demo_store, run_commands

IMAGES = ROOT / "docs" / "images"
DESKTOP = ViewportSize(width=1280, height=860)
TALL = ViewportSize(width=1280, height=1500)
PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=620, height=720)
ORDERS = "/admin/orders/order/"
ROOMS = "/admin/chat/room/"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""Of RFC 7636, appendix B; nobody redeems the code."""
SESSION = """\
```console
$ curl -s http://127.0.0.1:8000/readyz
$ ORDER=$(uv run manage.py export_orders | grep APPROVED | tail -n 1 | grep -oE '[0-9a-f-]{36}' | head -n 1)
$ uv run manage.py transition_order $ORDER SHIPPED --reason 'picked up by the courier'
$ uv run manage.py verify_journal | tail -n 4
```
"""
"""What an operator does after `demo`."""
ORDERS_QUERY = """\
{
  orders(limit: 2) {
    status
    totalAmount
    pet { name species }
    payments {
      status
      source {
        ... on CardSource { brand last4 }
      }
    }
    history { to at }
  }
}
"""
TERMINAL = """\
<!doctype html><meta charset="utf-8"><title>terminal</title>
<style>
    body { margin: 0; padding: 20px 24px; width: max-content; background: #16211e; color: #d6e4df; }
    pre { margin: 0; font: 14px/1.45 "DejaVu Sans Mono", monospace; }
    b { color: #7fd1ae; }
</style>
<pre>%s</pre>
"""


def main() -> None:
    """Photograph the pages that README and docs/back-office.md show."""
    IMAGES.mkdir(exist_ok=True)
    with demo_store() as store, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        _shoot_terminal(browser, store)
        site, demo = f"http://127.0.0.1:{store.port}", _read_demo(store)
        password = str(demo["admin"]["password"])
        light, dark = _open_page(browser, "light"), _open_page(browser, "dark")
        tall, phone = _open_page(browser, "light", TALL), _open_page(browser, "light", PHONE)
        for page in (light, dark, tall, phone):
            _log_in(page, site, password)
        _shoot(light, f"{site}/admin/", "dashboard-light")
        _shoot(dark, f"{site}/admin/", "dashboard-dark")
        _shoot(light, f"{site}{ORDERS}", "orders-light")
        order = _find_order(light, site)
        _shoot(tall, order, "order-light")
        _shoot(phone, order, "order-phone")
        light.goto(f"{site}/v1/docs")
        light.wait_for_selector(".opblock")
        light.screenshot(path=IMAGES / "docs-light.png")
        _shoot_consent(_open_page(browser, "light", TALL), site, demo)
        _shoot_graphiql(_open_page(browser, "light"), site, demo)
        _shoot_support(_open_page(browser, "light", NARROW), light, site, demo)
        _shoot(_open_page(browser, "light"), f"{site}/v1/docs/live", "asyncapi-light")


def _read_demo(store: DemoStore) -> dict[str, Any]:
    """Return what there is in the demo store, with the passwords."""
    command = [sys.executable, "manage.py", "seed_demo", "--json"]
    done = subprocess.run(  # noqa: S603  # our own command
        command, cwd=ROOT, env=store.environment, capture_output=True, check=True, text=True
    )
    demo: dict[str, Any] = json.loads(done.stdout)
    return demo


def _shoot_terminal(browser: Browser, store: DemoStore) -> None:
    """Photograph what the commands have printed, drawn as a terminal shows it."""
    printed = store.log.read_text(encoding="utf-8").replace(f":{store.port}", ":8000").strip()
    commands = [line.removeprefix("$ ") for line in SESSION.splitlines() if line.startswith("$ ")]
    session = [("uv run manage.py demo", printed), *zip(commands, run_commands(SESSION, store), strict=True)]
    lines = [f"<b>$ {html.escape(command)}</b>\n{html.escape(answer)}".rstrip() for command, answer in session]
    page = browser.new_context(device_scale_factor=1.5).new_page()
    page.set_content(TERMINAL % "\n".join(lines))
    page.locator("body").screenshot(path=IMAGES / "terminal.png")


def _open_page(browser: Browser, theme: Literal["light", "dark"], size: ViewportSize = DESKTOP) -> Page:
    return browser.new_context(color_scheme=theme, viewport=size).new_page()


def _shoot(page: Page, address: str, name: str) -> None:
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")


def _shoot_consent(page: Page, site: str, demo: dict[str, Any]) -> None:
    """Photograph what a customer of the first tenant is asked by its application."""
    customer = next(person for person in demo["customers"] if person["tenantId"])
    application = next(one for one in demo["applications"] if one["tenantId"] == customer["tenantId"])
    asked = {
        "response_type": "code",
        "client_id": application["clientId"],
        "redirect_uri": application["redirectUris"][0],
        "scope": "read:pets read:orders write:orders",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    page.goto(f"{site}/oauth/authorize?{urlencode(asked)}")
    page.fill("input[name=username]", customer["username"])
    page.fill("input[name=password]", customer["password"])
    page.click("button[type=submit]")
    page.wait_for_selector("button[name=allow]")
    page.set_viewport_size(ViewportSize(width=DESKTOP["width"], height=1))
    page.screenshot(path=IMAGES / "consent-light.png", full_page=True)


def _shoot_graphiql(page: Page, site: str, demo: dict[str, Any]) -> None:
    """Photograph a query over a customer's orders with its answer; the customer's token is not in the picture."""
    customer = next(person for person in demo["customers"] if person["tenantId"])
    tenant = {"X-Tenant-ID": customer["tenantId"]}
    log_in = {"username": customer["username"], "password": customer["password"]}
    token = page.request.post(f"{site}/v1/auth/tokens", data=log_in, headers=tenant).json()["token"]
    page.set_extra_http_headers({**tenant, "Authorization": f"Bearer {token}"})
    page.goto(f"{site}/v1/graphql?{urlencode({'query': ORDERS_QUERY})}", wait_until="networkidle")
    page.get_by_role("button", name="Execute query").click()
    page.wait_for_selector(".result-window :text('totalAmount')")
    page.screenshot(path=IMAGES / "graphiql-light.png")


def _shoot_support(customers: Page, clerks: Page, site: str, demo: dict[str, Any]) -> None:
    """Photograph a conversation on the customer's page, and in the back office."""
    customer = next(person for person in demo["customers"] if person["tenantId"])
    customers.goto(f"{site}/support?tenantId={customer['tenantId']}")
    customers.get_by_role("link", name="Log in", exact=True).click()
    customers.fill("input[name=username]", customer["username"])
    customers.fill("input[name=password]", customer["password"])
    customers.click("button[type=submit]")
    customers.get_by_label("Your message").fill("May I come and see Luna on Saturday?")
    customers.get_by_role("button", name="Send").click()
    clerks.goto(f"{site}{ROOMS}?q={customer['username']}")
    clerks.locator("#result_list th a[href*=change]").first.click()
    clerks.locator("[name=text]").fill("Of course: we are here from nine to five.")
    clerks.locator("button[name=_reply]").click()
    customers.locator(".message:not(.own)", has_text="from nine to five").wait_for()
    for page, name in ((customers, "support-light"), (clerks, "room-light")):
        page.wait_for_load_state("load")
        page.screenshot(path=IMAGES / f"{name}.png")


def _log_in(page: Page, site: str, password: str) -> None:
    page.goto(f"{site}/admin/login/?next=/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site}/admin/")


def _find_order(page: Page, site: str) -> str:
    """Return the address of an approved order with deliveries, or of the newest one."""
    page.goto(f"{site}{ORDERS}?status__exact=APPROVED", wait_until="networkidle")
    links = page.locator("#result_list th a[href*=change]").all()
    addresses = [f"{site}{link.get_attribute('href')}" for link in links]
    for address in addresses:
        page.goto(address)
        if page.locator("section[aria-labelledby=deliveries-title] tbody tr").count():
            return address
    return addresses[0]


if __name__ == "__main__":
    main()
