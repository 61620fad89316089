"""Write completions and their chunks as OpenAI's libraries read them (contract, Chat)."""

import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

import orjson

from chat.advisors.port import Ending, Usage
from chat.answers import Citation
from chat.catalogue import OFFERED_SINCE, ModelName
from petstore.settings.addresses import API_PREFIX

OWNER: Final = "petstore"
DONE: Final = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class CompletionWriter:
    """The writer of one completion.

    Attributes:
        site: the address of the site, for the citations.
        has_usage: a stream ends with the usage, and says null before.
    """

    id: str
    created: int
    model: ModelName
    site: str
    has_usage: bool = False

    @classmethod
    def start_completion(cls, model: ModelName, site: str, *, has_usage: bool = False) -> "CompletionWriter":
        """Give a new completion its id and its time."""
        return cls(f"chatcmpl_{secrets.token_hex(16)}", int(time.time()), model, site, has_usage)

    def write_whole(self, text: str, ending: Ending) -> dict[str, Any]:
        """Write a whole completion."""
        message = {
            "role": "assistant",
            "content": text,
            "refusal": None,
            "annotations": self._write_annotations(ending.citations),
        }
        choice = {
            "index": 0,
            "message": message,
            "finishReason": ending.finish.upper(),
            "finish_reason": ending.finish,
            "logprobs": None,
        }
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
            "usage": write_usage(ending.usage),
            "system_fingerprint": ending.fingerprint,
        }

    def write_role(self) -> bytes:
        """Write the first chunk."""
        return self._write_delta({"role": "assistant", "content": ""})

    def write_piece(self, text: str) -> bytes:
        """Write a piece of the content."""
        return self._write_delta({"content": text})

    def write_ending(self, ending: Ending) -> bytes:
        """Write what follows the content, up to the end of the stream."""
        chunks = []
        if ending.citations:
            chunks.append(self._write_delta({"annotations": self._write_annotations(ending.citations)}))
        chunks.append(self._write_delta({}, ending.finish, system_fingerprint=ending.fingerprint))
        if self.has_usage:
            usage = write_usage(ending.usage)
            chunks.append(self._write_chunk([], usage=usage, system_fingerprint=ending.fingerprint))
        return b"".join([*chunks, DONE])

    def _write_delta(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        usage = {"usage": None} if self.has_usage else {}
        return self._write_chunk([{"index": 0, "delta": delta, "finish_reason": finish}], **usage, **more)

    def _write_chunk(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        chunk = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }
        return write_event(chunk | more)

    def _write_annotations(self, citations: tuple[Citation, ...]) -> list[dict[str, Any]]:
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "url": f"{self.site}{API_PREFIX}pets/{citation.pet_id}",
                    "title": citation.name,
                    "start_index": citation.start,
                    "end_index": citation.end,
                },
            }
            for citation in citations
        ]


def write_event(data: dict[str, Any]) -> bytes:
    """Write one event of a stream."""
    return b"data: %b\n\n" % orjson.dumps(data)


def write_usage(usage: Usage | None) -> dict[str, int]:
    """Write the tokens in both spellings."""
    prompt, completion = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    return {
        "promptTokens": prompt,
        "completionTokens": completion,
        "totalTokens": prompt + completion,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def write_model(model: ModelName) -> dict[str, Any]:
    """Write a model."""
    return {"id": model, "object": "model", "created": int(OFFERED_SINCE.timestamp()), "owned_by": OWNER}
