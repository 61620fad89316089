"""Makes the pictures of README.md: `docs/screenshots` starts a demo store and photographs it in Chromium.

It needs Debian's chromium (`apt-get install chromium`) and the development dependencies.
"""

import json
import subprocess
import sys
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.tour import ROOT, demo_store

IMAGES = ROOT / "docs" / "images"
DESKTOP = ViewportSize(width=1280, height=860)
TALL = ViewportSize(width=1280, height=1500)
PHONE = ViewportSize(width=390, height=844)
ORDERS = "/admin/orders/order/"


def main() -> None:
    """Photograph the pages that README shows."""
    IMAGES.mkdir(exist_ok=True)
    with demo_store() as (port, environment), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        site, password = f"http://127.0.0.1:{port}", _password(environment)
        light, dark = _page(browser, "light"), _page(browser, "dark")
        tall, phone = _page(browser, "light", TALL), _page(browser, "light", PHONE)
        for page in (light, dark, tall, phone):
            _log_in(page, site, password)
        _shoot(light, f"{site}/admin/", "dashboard-light")
        _shoot(dark, f"{site}/admin/", "dashboard-dark")
        _shoot(light, f"{site}{ORDERS}", "orders-light")
        order = _told_order(light, site)
        _shoot(tall, order, "order-light")
        _shoot(phone, order, "order-phone")
        light.goto(f"{site}/v1/docs")
        light.wait_for_selector(".opblock")
        light.screenshot(path=IMAGES / "docs-light.png")


def _password(environment: dict[str, str]) -> str:
    command = [sys.executable, "manage.py", "seed_demo", "--json"]
    told = subprocess.run(  # noqa: S603  # our own command
        command, cwd=ROOT, env=environment, capture_output=True, check=True, text=True
    )
    return str(json.loads(told.stdout)["admin"]["password"])


def _page(browser: Browser, theme: Literal["light", "dark"], size: ViewportSize = DESKTOP) -> Page:
    return browser.new_context(color_scheme=theme, viewport=size).new_page()


def _shoot(page: Page, address: str, name: str) -> None:
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")


def _log_in(page: Page, site: str, password: str) -> None:
    page.goto(f"{site}/admin/login/?next=/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site}/admin/")


def _told_order(page: Page, site: str) -> str:
    """An approved order that somebody outside was told of; the newest one where there is none."""
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
