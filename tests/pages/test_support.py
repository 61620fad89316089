"""The page on which customers write to the store: open, the same to everybody, and of one tenant."""

import re

import pytest

from accounts.services.tenants import change_tenant
from kernel import ids
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tests.client import Client


def test_it_is_the_pools_or_a_tenants(api: Client, acme: Tenant, pool: Tenant) -> None:
    pools, acmes = (api.get(address).content.decode() for address in ("/support", f"/support?tenantId={acme.id}"))
    assert "<h1>Pet Store</h1>" in pools
    assert "<h1>Acme</h1>" in acmes
    assert f'data-session="/oauth/support/session?tenantId={acme.id}"' in acmes
    assert f'data-socket="/v1/ws/chat?tenantId={acme.id}"' in acmes
    assert f'href="/oauth/login?next=%2Fsupport%3FtenantId%3D{acme.id}"' in acmes
    assert str(acme.id) not in pools


def test_it_is_the_same_to_everybody_and_sets_no_cookie(api: Client, acme: Tenant) -> None:
    address = f"/support?tenantId={acme.id}"
    pages = [
        api.get(address),
        api.get(address, HTTP_COOKIE="petstore-oauth=x; csrftoken=" + "y" * 32),
        api.at(acme).get(address),
    ]
    assert len({page.content for page in pages}) == 1
    assert [page.cookies for page in pages] == [{}] * 3
    assert "Cookie" not in pages[0].get("Vary", "")


def test_it_runs_scripts_of_ours_only_and_stands_in_no_frame(api: Client) -> None:
    page = api.get("/support")
    policy = page["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in page["Content-Security-Policy"]
    assert re.findall(r"//|style=|<script(?! src=)|<style| on\w+=", page.content.decode()) == []


def test_without_scripts_it_says_so(api: Client) -> None:
    page = api.get("/support").content.decode()
    [still] = re.findall(r'<section class="panel for-still">.*?</section>', page, re.DOTALL)
    assert "needs scripts" in still


@pytest.mark.parametrize(
    "query", ["tenantId=", "tenantId=x", "tenantId=%3Cscript%3E", "tenantId={id}&tenantId={id}", "tenantId={new}"]
)
def test_what_is_no_store_has_no_page(api: Client, acme: Tenant, query: str) -> None:
    assert api.get(f"/support?{query.format(id=acme.id, new=ids.new_id())}").status_code == 404


def test_a_suspended_store_has_a_page_that_says_so(api: Client, acme: Tenant) -> None:
    change_tenant(tenant_id=acme.id, actor=SYSTEM, name=acme.name, access=acme.access, status=Tenant.Status.SUSPENDED)
    page = api.get(f"/support?tenantId={acme.id}")
    assert (page.status_code, "Acme" in page.content.decode()) == (403, False)


def test_a_name_is_text_on_it(api: Client, acme: Tenant) -> None:
    change_tenant(tenant_id=acme.id, actor=SYSTEM, name='"><script>x</script>', access=acme.access, status=acme.status)
    assert "<script>x" not in api.get(f"/support?tenantId={acme.id}").content.decode()


def test_it_is_only_read(api: Client) -> None:
    assert [api.generic(method, "/support").status_code for method in ("POST", "PUT", "DELETE")] == [405] * 3
