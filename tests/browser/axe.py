"""What axe-core finds on a page."""

from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
    ({id, impact, nodes}) => nodes.map(({target}) => [impact, `${id}: ${target.join(" ")}`])
)"""

PICKERS_ARE_READY = """!document.querySelector(
    "select.admin-autocomplete:not(.select2-hidden-accessible), .select2 [role=textbox]"
)"""


def faults_of(page: Page, script: str) -> list[str]:
    """The faults that shut somebody out: each rule and where it is broken."""
    page.wait_for_function(PICKERS_ARE_READY)
    page.evaluate(script)
    return [fault for impact, fault in page.evaluate(RUN) if impact in GRAVE]
