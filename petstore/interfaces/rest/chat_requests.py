"""Read the body of a consultation in OpenAI's spelling and in ours; refuse what would change its meaning.

A fault names its field as the caller spelled it, so that their library finds it.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rest_framework.exceptions import ErrorDetail, ValidationError

from chat.advisors.port import DEFAULT_TOKENS, MAX_TOKENS, Wording
from chat.catalogue import ModelName, parse_model_name
from chat.messages import MAX_MESSAGES, MAX_PARTS, MAX_TEXT, Message, Speaker
from petstore.interfaces.representation.serializers import mask_field_name

MAX_NAME: Final = 64
MAX_HINT: Final = 256
MAX_STOPS: Final = 4
MAX_FAULTS: Final = 20
TOKEN_LIMITS: Final = ("maxTokens", "max_tokens", "max_completion_tokens")
STREAM_OPTIONS: Final = ("stream_options", "streamOptions")

_SPEAKERS = {speaker.value: speaker for speaker in Speaker} | {"DEVELOPER": Speaker.SYSTEM}
_SAYS_TOO_MUCH = "The advisor answers in text only and once: leave this out."

Fault = tuple[str, str, str]
"""A field, a sentence and a code."""


class Faulty(Exception):
    """A value is not what its field takes."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(len(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """The body of a consultation.

    Attributes:
        has_usage: a stream shall end with the usage.
    """

    messages: tuple[Message, ...]
    model: ModelName
    wording: Wording
    is_stream: bool
    has_usage: bool


def read_completion_request(body: Any) -> CompletionRequest:
    """Read a body; raises DRF's ValidationError with every field at fault, in the order of the body."""
    if not isinstance(body, Mapping):
        raise ValidationError("Give an object.")
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in body.items():
        try:
            values[name] = _read_member(name, value)
        except Faulty as error:
            faults += error.faults
    faults += _find_contradictions(body, values)
    if faults:
        raise ValidationError({field: [ErrorDetail(text, code)] for field, text, code in faults[:MAX_FAULTS]})
    return _build_request(values)


def _build_request(values: Mapping[str, Any]) -> CompletionRequest:
    options: Mapping[str, Any] = next((values[name] for name in STREAM_OPTIONS if values.get(name) is not None), {})
    hints = {name: values.get(name) for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty")}
    limit = next((values[name] for name in TOKEN_LIMITS if values.get(name) is not None), DEFAULT_TOKENS)
    return CompletionRequest(
        messages=values["messages"],
        model=values.get("model", ModelName.PET_ADVISOR_1),
        wording=Wording(max_tokens=limit, stop=values.get("stop") or (), **hints),
        is_stream=bool(values.get("stream")),
        has_usage=bool(options.get("include_usage")),
    )


def _find_contradictions(body: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield faults that no member has by itself."""
    if "messages" not in body:
        yield "messages", "This field is required.", "required"
    for spellings in (TOKEN_LIMITS, STREAM_OPTIONS):
        given = [name for name in body if name in spellings and values.get(name) is not None]
        for name in given[1:]:
            if values[name] != values[given[0]]:
                yield name, f"This says something else than {given[0]}.", "contradiction"
    if not values.get("stream"):
        for name in STREAM_OPTIONS:
            if values.get(name) is not None:
                yield name, "This is for streams only: give stream true, too.", "invalid"


def _read_member(name: str, value: Any) -> Any:
    if name in _REFUSED:
        raise Faulty((name, _SAYS_TOO_MUCH, "unsupported"))
    if name not in _READERS:
        raise _fault_of_unknown(name, "")
    return _READERS[name](name, value)


def _fault_of_unknown(name: str, path: str) -> Faulty:
    shown = mask_field_name(name)
    field = path.rstrip(".") or "non_field_errors" if shown == "non_field_errors" else f"{path}{shown}"
    return Faulty((field, "There is no such field.", "unknown_field"))


Reader = Callable[[str, Any], Any]
"""Reads the value of a field, whose name it is given for faults; raises Faulty."""


def _or_null(read: Reader) -> Reader:
    return lambda field, value: None if value is None else read(field, value)


def _read_flag(field: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Faulty((field, "Give true or false.", "invalid"))
    return value


def _bounded_integer(least: int, most: int) -> Reader:
    def read_integer(field: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != math.floor(value):
            raise Faulty((field, "Give a whole number.", "invalid"))
        if not least <= value <= most:
            raise Faulty((field, f"Give a whole number from {least} to {most}.", "out_of_range"))
        return int(value)

    return read_integer


def _bounded_number(least: float, most: float) -> Reader:
    def read_number(field: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Faulty((field, "Give a number.", "invalid"))
        if not least <= value <= most:
            raise Faulty((field, f"Give a number from {least:g} to {most:g}.", "out_of_range"))
        return float(value)

    return read_number


def _bounded_text(most: int, *, least: int = 0) -> Reader:
    def read_text(field: str, value: Any) -> str:
        if not isinstance(value, str):
            raise Faulty((field, "Give a text.", "invalid"))
        if len(value) < least:
            raise Faulty((field, "This must not be empty.", "blank"))
        if len(value) > most:
            raise Faulty((field, f"At most {most} characters.", "max_length"))
        return value

    return read_text


def _read_object(field: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Faulty((field, "Give an object.", "invalid"))
    return value


def _one_value(only: Any, sentence: str) -> Reader:
    """Take this value only, for anything else would change what the answer is."""

    def read_only_value(field: str, value: Any) -> Any:
        if isinstance(value, bool) is not isinstance(only, bool) or value != only:
            raise Faulty((field, sentence, "unsupported"))
        return value

    return read_only_value


def _read_model(field: str, value: Any) -> ModelName:
    model = parse_model_name(value) if isinstance(value, str) else None
    if model is None:
        raise Faulty((field, f"Give one of {', '.join(ModelName)}.", "invalid_choice"))
    return model


def _read_stop(field: str, value: Any) -> tuple[str, ...]:
    sequences = [value] if isinstance(value, str) else value
    if not isinstance(sequences, list) or not all(isinstance(one, str) for one in sequences):
        raise Faulty((field, "Give a text, or a list of texts.", "invalid"))
    if len(sequences) > MAX_STOPS:
        raise Faulty((field, f"At most {MAX_STOPS} texts.", "max_length"))
    if not all(sequences):
        raise Faulty((field, "A text must not be empty.", "blank"))
    return tuple(sequences)


def _read_stream_options(field: str, value: Any) -> Mapping[str, Any]:
    for name, flag in _read_object(field, value).items():
        if name not in ("include_usage", "include_obfuscation"):
            raise _fault_of_unknown(name, f"{field}.")
        _read_flag(f"{field}.{name}", flag)
    found: Mapping[str, Any] = value
    return found


def _read_response_format(field: str, value: Any) -> None:
    kind = _read_object(field, value).get("type")
    if kind is None:
        raise Faulty((f"{field}.type", "This field is required.", "required"))
    if kind != "text":
        raise Faulty((f"{field}.type", "The advisor answers in text only.", "unsupported"))


def _read_messages(field: str, value: Any) -> tuple[Message, ...]:
    if not isinstance(value, list):
        raise Faulty((field, "Give a list of messages.", "invalid"))
    if not 0 < len(value) <= MAX_MESSAGES:
        raise Faulty((field, f"Give 1 to {MAX_MESSAGES} messages.", "out_of_range"))
    messages: list[Message] = []
    faults: list[Fault] = []
    for index, one in enumerate(value):
        try:
            messages.append(_read_message(f"{field}.{index}", one))
        except Faulty as error:
            faults += error.faults
    if faults:
        raise Faulty(*faults)
    return tuple(messages)


def _read_message(field: str, value: Any) -> Message:
    message = _read_object(field, value)
    for name in ("role", "content"):
        if name not in message:
            raise Faulty((f"{field}.{name}", "This field is required.", "required"))
    found: dict[str, Any] = {}
    for name, inner in message.items():
        if name in ("tool_calls", "function_call", "audio"):
            raise Faulty((f"{field}.{name}", _SAYS_TOO_MUCH, "unsupported"))
        if name not in _MESSAGE_READERS:
            raise _fault_of_unknown(name, f"{field}.")
        found[name] = _MESSAGE_READERS[name](f"{field}.{name}", inner)
    return Message(found["role"], found["content"])


def _read_role(field: str, value: Any) -> Speaker:
    speaker = _SPEAKERS.get(value.upper()) if isinstance(value, str) else None
    if speaker is None:
        raise Faulty((field, "Give SYSTEM, DEVELOPER, USER or ASSISTANT: there are no tools.", "invalid_choice"))
    return speaker


def _read_content(field: str, value: Any) -> Any:
    if isinstance(value, list):
        return _READ_TEXT(field, "\n".join(_read_parts(field, value)))
    return _READ_FULL_TEXT(field, value)


def _read_parts(field: str, parts: list[Any]) -> Iterator[str]:
    if not 0 < len(parts) <= MAX_PARTS:
        raise Faulty((field, f"Give 1 to {MAX_PARTS} parts.", "out_of_range"))
    for index, part in enumerate(parts):
        place = f"{field}.{index}"
        kind = _read_object(place, part).get("type")
        if kind != "text":
            code = "required" if kind is None else "unsupported"
            raise Faulty((f"{place}.type", "Give text: the advisor neither sees nor hears.", code))
        if "text" not in part:
            raise Faulty((f"{place}.text", "This field is required.", "required"))
        yield _READ_TEXT(f"{place}.text", part["text"])


_READ_TEXT, _READ_FULL_TEXT = _bounded_text(MAX_TEXT), _bounded_text(MAX_TEXT, least=1)
_MESSAGE_READERS: dict[str, Reader] = {"role": _read_role, "content": _read_content, "name": _bounded_text(MAX_NAME)}
_HINT = _or_null(_bounded_text(MAX_HINT))
_LIMIT = _or_null(_bounded_integer(1, MAX_TOKENS))
_PENALTY = _or_null(_bounded_number(-2, 2))
_OPTIONS = _or_null(_read_stream_options)
_READERS: dict[str, Reader] = {
    "messages": _read_messages,
    "model": _read_model,
    "stream": _or_null(_read_flag),
    **dict.fromkeys(STREAM_OPTIONS, _OPTIONS),
    **dict.fromkeys(TOKEN_LIMITS, _LIMIT),
    "temperature": _or_null(_bounded_number(0, 2)),
    "top_p": _or_null(_bounded_number(0, 1)),
    "frequency_penalty": _PENALTY,
    "presence_penalty": _PENALTY,
    "seed": _or_null(_bounded_integer(-(2**63), 2**63 - 1)),
    "stop": _or_null(_read_stop),
    "n": _or_null(_one_value(1, "The advisor gives one answer.")),
    "store": _or_null(_one_value(False, "No answer is stored: leave this out.")),
    "logprobs": _or_null(_one_value(False, "There are no probabilities.")),
    "modalities": _one_value(["text"], "The advisor answers in text only."),
    "response_format": _read_response_format,
    "metadata": _or_null(_read_object),
    "logit_bias": _or_null(_read_object),
    "parallel_tool_calls": _or_null(_read_flag),
    **dict.fromkeys(
        ("user", "safety_identifier", "prompt_cache_key", "service_tier", "reasoning_effort", "verbosity"), _HINT
    ),
}
_REFUSED: Final = frozenset(
    ("tools", "tool_choice", "functions", "function_call", "audio", "top_logprobs", "prediction", "web_search_options")
)
