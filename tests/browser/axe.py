"""Check a page with axe-core: light, dark, and on a phone."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.browser.windows import DESKTOP, PHONE, Theme

GRAVE = {"serious", "critical"}
COLOURS = ["color-contrast", "link-in-text-block"]
"""All that a theme can break."""

RUN = """async (rules) => (
    await axe.run(document, {resultTypes: ["violations"], ...(rules && {runOnly: rules})})
).violations.flatMap(({id, impact, nodes}) => nodes.map(({target}) => [impact, `${id}: ${target.join(" ")}`]))"""

PICKERS_ARE_READY = """!document.querySelector(
    "select.admin-autocomplete:not(.select2-hidden-accessible), .select2 [role=textbox]"
)"""

STILL = """{
    const still = new CSSStyleSheet();
    still.replaceSync("* { transition: none !important }");
    document.adoptedStyleSheets = [still];
}"""
"""A colour that is on its way from one theme to the other has the contrast of neither."""

DRESS = """async (isDark) => {
    document.documentElement.classList.toggle("dark", isDark);
    await new Promise(requestAnimationFrame);
}"""
"""What unfold does when it begins. Other pages follow the browser by themselves, by its next frame."""


@dataclass
class Inspection:
    """A window whose pages axe-core looks at: as they are, in dark, and on a phone.

    Loading a page takes longer than a look at it, so a page is loaded once.

    Attributes:
        faults: those that shut somebody out: the page, the rule and where it is broken.
    """

    page: Page
    script: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(self.script)
        self.page.add_init_script(STILL)

    def visit_page(self, name: str, address: str, *, status: int = 200) -> None:
        """Open a page and look at it."""
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == status
        self.inspect_page(name)

    def inspect_page(self, name: str) -> None:
        """Look at the page that is open."""
        self.page.wait_for_function(PICKERS_ARE_READY)
        self.faults += self._find_faults(name)
        self._set_theme("dark")
        self.faults += self._find_faults(f"{name} in dark", COLOURS)
        self._set_theme("light")
        self.page.set_viewport_size(PHONE)
        self.faults += self._find_faults(f"{name} on a phone")
        self.page.set_viewport_size(DESKTOP)

    def _set_theme(self, theme: Theme) -> None:
        self.page.emulate_media(color_scheme=theme)
        self.page.evaluate(DRESS, theme == "dark")

    def _find_faults(self, name: str, rules: list[str] | None = None) -> Iterator[str]:
        for impact, fault in self.page.evaluate(RUN, rules):
            if impact in GRAVE:
                yield f"{name}: {fault}"
