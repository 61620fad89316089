"""The remote advisor: any endpoint that speaks OpenAI's chat completions, always asked for a stream."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import orjson

from chat.advisors.instructions import write_instructions
from chat.advisors.port import AnswerPieces, Briefing, Ending
from chat.advisors.replies import Nonsense, Reply, read_reply
from chat.answer_limits import MAX_ANSWER
from chat.answers import Finish
from chat.citations import cite_pets
from chat.errors import AdvisorUnavailable
from chat.messages import Message
from chat.wishes import OfferedPet
from outbound.connections import ExchangeFailed
from outbound.event_streams import stream_event_lines

USAGE_SECONDS: Final = 2.0
"""Time for the usage to follow an answer that has ended."""
DONE: Final = b"[DONE]"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RemoteAdvisor:
    """A model elsewhere.

    Attributes:
        base_url: as OpenAI's libraries take it, such as `https://api.openai.com/v1`.
        api_key: empty where the endpoint asks for none.
        seconds: for a whole answer.
    """

    base_url: str
    api_key: str
    model: str
    seconds: float

    async def stream_answer(self, briefing: Briefing) -> AnswerPieces:
        """Ask the model, and pass on its text as it comes."""
        has_begun = False
        try:
            async with aclosing(_read_answer(self._ask_model(briefing), briefing.pets)) as pieces:
                async for piece in pieces:
                    has_begun = True
                    yield piece
        except (ExchangeFailed, Nonsense) as error:
            logger.warning("The model %s: %s", "broke off" if has_begun else "does not answer", error)
            raise AdvisorUnavailable from None

    def _ask_model(self, briefing: Briefing) -> AsyncGenerator[bytes, None]:
        body = orjson.dumps(_build_request(self.model, briefing))
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        return stream_event_lines(f"{self.base_url}/chat/completions", body=body, headers=headers, seconds=self.seconds)


def _build_request(model: str, briefing: Briefing) -> dict[str, Any]:
    wording = briefing.wording
    hints = {
        "stop": list(wording.stop) or None,
        "temperature": wording.temperature,
        "top_p": wording.top_p,
        "frequency_penalty": wording.frequency_penalty,
        "presence_penalty": wording.presence_penalty,
    }
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": write_instructions(briefing)},
            *map(_build_message, briefing.messages),
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": wording.max_tokens,
        **{name: value for name, value in hints.items() if value is not None},
    }


def _build_message(message: Message) -> dict[str, str]:
    return {"role": message.speaker.lower(), "content": message.text}


async def _read_answer(lines: AsyncGenerator[bytes, None], pets: tuple[OfferedPet, ...]) -> AnswerPieces:
    """Yield the text of the model's events and, at their end, what they say of it; raises Nonsense."""
    texts: list[str] = []
    length = 0
    last = Reply()
    async with aclosing(_read_replies(lines)) as replies:
        async for reply in replies:
            last = last.followed_by(reply)
            length += len(reply.text)
            if length > MAX_ANSWER:
                raise Nonsense("The answer is too long.")
            if reply.text:
                texts.append(reply.text)
                yield reply.text
            if last.finish is not None:
                last = await _wait_for_usage(replies, last)
                break
    if not texts and last.finish is not Finish.CONTENT_FILTER:
        raise Nonsense("The answer has no text.")
    if last.finish is None:
        raise Nonsense("The answer has no end.")
    yield Ending(last.finish, cite_pets("".join(texts), pets), last.fingerprint, last.usage)


async def _read_replies(lines: AsyncGenerator[bytes, None]) -> AsyncGenerator[Reply, None]:
    """Yield what each event says; `[DONE]` is the end of an answer that has not said it ends."""
    async with aclosing(lines):
        async for line in lines:
            name, _, data = line.partition(b":")
            if name != b"data":
                continue
            if data.strip() == DONE:
                yield Reply(finish=Finish.STOP)
                return
            yield read_reply(data)


async def _wait_for_usage(replies: AsyncGenerator[Reply, None], last: Reply) -> Reply:
    """Add the usage that follows the end of an answer; without it the answer is whole, too."""
    try:
        async with asyncio.timeout(USAGE_SECONDS):
            while last.usage is None:
                reply = await anext(replies, None)
                if reply is None:
                    break
                last = last.followed_by(reply)
    except (TimeoutError, ExchangeFailed, Nonsense):
        logger.info("The model did not say what its answer cost")
    return last
