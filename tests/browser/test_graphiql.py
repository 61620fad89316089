"""GraphiQL in a browser: our own files, a token, a query and a mutation (contract, GraphQL).

The windows complain of requests to other hosts, of errors on the console and of scripts that the policy stops.
"""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from pets.models import Pet
from tests.browser.windows import PHONE, Theme, Windows
from tests.graphql.clients import PATH, Graph

ORDER = "mutation ($pet: ID!) { createOrder(input: {petId: $pet}) { order { status pet { name } } } }"


def write_into(page: Page, place: str, text: str) -> None:
    """Write a text into one of the editors."""
    page.wait_for_selector(f"{place} :not(.hidden) > .CodeMirror", state="attached")
    page.eval_on_selector(
        f"{place} :not(.hidden) > .CodeMirror", "(place, text) => place.CodeMirror.setValue(text)", text
    )


def run(page: Page, query: str, **variables: Any) -> Any:
    """Run an operation by the button; returns what the page shows."""
    write_into(page, ".graphiql-query-editor", query)
    page.get_by_role("button", name="Variables").click()
    write_into(page, "[aria-label=Variables]", json.dumps(variables))
    with page.expect_response(lambda response: json.loads(response.request.post_data or "{}").get("query") == query):
        page.get_by_role("button", name="Execute query").click()
    result = page.locator(".result-window .CodeMirror")
    expect(result).to_contain_text('"data"')
    return json.loads(result.evaluate("place => place.CodeMirror.getValue()"))


def test_a_query_and_a_mutation_run_with_a_token(windows: Windows, alice: User, rex: Pet) -> None:
    page = windows.open_window()
    answer = page.goto(PATH)
    assert answer is not None
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    expect(page).to_have_title("Pet Store GraphiQL")
    headers = {"Authorization": Graph.of(alice).headers["HTTP_AUTHORIZATION"], "X-Tenant-ID": str(rex.tenant_id)}
    write_into(page, "[aria-label=Headers]", json.dumps(headers))
    assert run(page, "{ me { username } pets { name } }") == {
        "data": {"me": {"username": "alice"}, "pets": [{"name": "Rex"}]}
    }
    placed = {"order": {"status": "PLACED", "pet": {"name": "Rex"}}}
    assert run(page, ORDER, pet=str(rex.id)) == {"data": {"createOrder": placed}}
    assert page.evaluate("JSON.stringify(window.localStorage)") == "{}"


def test_the_schema_is_there_to_read(windows: Windows, rex: Pet) -> None:
    page = windows.open_window()
    page.goto(f"{PATH}?query=%7B__typename%7D")
    expect(page.locator(".graphiql-query-editor .CodeMirror")).to_contain_text("__typename")
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.locator(".graphiql-plugin")).to_contain_text("CreatePetPayload")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_on_a_phone_in_both_themes(windows: Windows, rex: Pet, theme: Theme) -> None:
    page = windows.open_window(size=PHONE, theme=theme)
    page.goto(PATH)
    expect(page.get_by_role("button", name="Execute query")).to_be_in_viewport(ratio=1)
    for editor in page.locator(".graphiql-query-editor, .result-window").all():
        box = editor.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["width"] > PHONE["width"] / 2
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    colour = page.locator(".graphiql-container").evaluate("place => getComputedStyle(place).backgroundColor")
    lightness = sum(map(float, colour.partition("(")[2].rstrip(")").split(",")[:3]))
    assert (lightness > 382) is (theme == "light")
