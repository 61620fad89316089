"""The events of a model's stream, of which nothing is believed that was not checked."""

from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from chat.advisors.port import Usage
from chat.answers import Finish

MAX_TOKENS_USED: Final = 10_000_000
MAX_FINGERPRINT: Final = 100


class Nonsense(Exception):
    """The model does not speak the protocol, or does what it was not asked for. The message holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The content of an event of the model, or of several.

    Attributes:
        finish: None as long as the answer goes on.
    """

    text: str = ""
    finish: Finish | None = None
    fingerprint: str | None = None
    usage: Usage | None = None

    def followed_by(self, reply: "Reply") -> "Reply":
        """Return what both say; the text is the later one's."""
        return replace(
            reply,
            finish=self.finish or reply.finish,
            fingerprint=reply.fingerprint or self.fingerprint,
            usage=reply.usage or self.usage,
        )


def read_reply(data: bytes) -> Reply:
    """Read an event.

    Raises:
        Nonsense: it is no chunk of a chat completion.
    """
    try:
        event = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Nonsense("An event is not JSON.") from None
    if not isinstance(event, dict) or event.get("error"):
        raise Nonsense("An event is an error." if isinstance(event, dict) else "An event is no object.")
    choices = event.get("choices")
    if not isinstance(choices, list):
        raise Nonsense("An event has no choices.")
    said = _read_choice(choices[0]) if choices else Reply()
    return replace(said, fingerprint=_read_fingerprint(event), usage=_read_usage(event.get("usage")))


def _read_choice(choice: Any) -> Reply:
    if not isinstance(choice, dict) or not isinstance(choice.get("delta", {}), dict | None):
        raise Nonsense("A choice is no object.")
    delta = choice.get("delta") or {}
    if delta.get("tool_calls") or delta.get("function_call"):
        raise Nonsense("The model calls a tool.")
    texts = [delta.get("content"), delta.get("refusal")]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise Nonsense("A text is none.")
    text = "".join(filter(None, texts))
    return Reply(text, _read_finish(choice.get("finish_reason"), is_refusal=bool(texts[1])))


def _read_finish(reason: Any, *, is_refusal: bool) -> Finish | None:
    """Read why an answer ends; a reason of the model's own counts as its end."""
    if reason is None or reason == "":
        return None
    if reason in ("tool_calls", "function_call"):
        raise Nonsense("The model calls a tool.")
    if not isinstance(reason, str):
        raise Nonsense("A finish reason is no text.")
    if is_refusal:
        return Finish.CONTENT_FILTER
    return Finish(reason) if reason in list(Finish) else Finish.STOP


def _read_fingerprint(event: dict[str, Any]) -> str | None:
    found = event.get("system_fingerprint")
    is_sane = isinstance(found, str) and 0 < len(found) <= MAX_FINGERPRINT and found.isascii() and found.isprintable()
    return found if is_sane else None


def _read_usage(found: Any) -> Usage | None:
    if not isinstance(found, dict):
        return None
    numbers: list[Any] = [found.get("prompt_tokens"), found.get("completion_tokens")]
    if not all(type(number) is int and 0 < number <= MAX_TOKENS_USED for number in numbers):
        return None
    return Usage(*numbers)
