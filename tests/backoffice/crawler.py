"""Follow each link, form, picker and filter that a page shows."""

from collections import deque
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin

from django.urls import reverse

from tests.backoffice.screens import Page, Screen

Attributes = dict[str, str]

HTML = "text/html"
WHERE_FROM = "_changelist_filters"
PICKER = ("app-label", "model-name", "field-name")


class Reader(HTMLParser):
    """Collect the addresses that a page links to.

    A form's fields go along with what stands in them, a choice with its last option; blank ones do not, as in the
    browser. Where a form is sent by POST, its address alone is opened: it shows a confirmation, or is no page.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._target: str | None = None
        self._fields: dict[str, str] = {}
        self._choice = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        self.found += [of[name] for name in ("href", "formaction", "src") if of.get(name)]
        if tag == "form":
            self._target, self._fields = of.get("action", ""), {}
            if of.get("method", "get").lower() == "post":
                self.found.append(self._target)
                self._target = None
        if tag in {"input", "select"} and of.get("name"):
            self._choice = of["name"]
            self._fields[of["name"]] = of.get("value", "")
        if tag == "option" and of.get("value"):
            self._fields[self._choice] = of["value"]
        if of.get("data-ajax--url"):
            self.found.append(_build_picker_address(of))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._target is not None:
            filled = {name: value for name, value in self._fields.items() if value}
            self.found.append(f"{self._target}?{urlencode(filled)}")
            self._target = None


def crawl_pages(screen: Screen) -> Iterator[tuple[str, Page]]:
    """Yield every page of the back office that can be reached, breadth first: each path, and each parameter once.

    Not with each choice of parameters: eight filters of a list would be 256 pages.
    """
    queue, seen = deque([reverse("admin:index")]), set[str]()
    while queue:
        address = queue.popleft()
        parts = _split_address(address)
        if parts <= seen or not address.startswith(reverse("admin:index")):
            continue
        seen |= parts
        answer = screen.get(address)
        yield address, answer
        queue.extend(urljoin(address, target).partition("#")[0] for target in _list_targets(answer))


def text_in(answer: Page) -> str:
    """Return the whole text of a response, with its headers."""
    content = answer.getvalue() if answer.streaming else answer.content
    return f"{content.decode(errors='replace')} {dict(answer.headers)}"


def _list_targets(answer: Page) -> list[str]:
    if "Location" in answer.headers:
        return [answer.headers["Location"]]
    return Reader(answer.content.decode()).found if answer.headers.get("Content-Type", "").startswith(HTML) else []


def _build_picker_address(of: Attributes) -> str:
    asked = {name.replace("-", "_"): of[f"data-{name}"] for name in PICKER}
    return f"{of['data-ajax--url']}?{urlencode(asked)}"


def _split_address(address: str) -> set[str]:
    """Split an address into its path and each of its parameters, without values; keep a picker's address whole."""
    path, _, query = address.partition("?")
    if path == reverse("admin:autocomplete"):
        return {address}
    return {path, *(f"{path}?{name}" for name, _ in parse_qsl(query) if name != WHERE_FROM)}
