"""Streams of the advisor's answers: chunks as they come, and a comment where none comes for long (contract, Chat)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final

from chat.advisors.port import AnswerPieces, Ending
from kernel.errors import DomainError
from petstore.interfaces.http.openai_errors import describe_for_openai
from petstore.interfaces.http.problems import Problem, translate_exception
from petstore.interfaces.rest.chat_completions import CompletionWriter, write_event

KEEP_ALIVE_SECONDS: Final = 15.0
COMMENT: Final = b":\n\n"
HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}
_STOPPING = "The server is about to stop; ask again."


class AnswerStream(AsyncIterator[bytes]):
    """The chunks of an answer whose first piece has come.

    Whoever iterates calls `aclose` at the end, also where nothing was read.
    """

    def __init__(
        self,
        first: str | Ending,
        pieces: AnswerPieces,
        writer: CompletionWriter,
        *,
        is_composed: bool,
        leave_place: Callable[[], None],
    ) -> None:
        """Start nothing yet.

        Args:
            is_composed: the answer is there already, so no piece has to be waited for.
            leave_place: called when the answer is no longer under way.
        """
        self._first, self._pieces, self._writer = first, pieces, writer
        self._is_composed, self._leave_place = is_composed, leave_place
        self._next: asyncio.Future[str | Ending] | None = None
        self._is_stopped = False
        self._chunks = self._write_chunks()

    async def __anext__(self) -> bytes:
        return await anext(self._chunks)

    async def aclose(self) -> None:
        """Stop the model and leave the place among the answers that are under way."""
        try:
            await self._chunks.aclose()
            if self._next is not None:
                self._next.cancel()
                await asyncio.gather(self._next, return_exceptions=True)
            await self._pieces.aclose()
        finally:
            self._leave_place()

    def end_early(self) -> None:
        """Let the stream end with an error, because the server stops. Called in the event loop."""
        self._is_stopped = True
        if self._next is not None:
            self._next.cancel()

    async def _write_chunks(self) -> AsyncGenerator[bytes, None]:
        """Write the role, each piece, and the ending or the error that comes instead."""
        yield self._writer.write_role()
        piece = self._first
        try:
            while not isinstance(piece, Ending):
                yield self._writer.write_piece(piece)
                if self._is_composed:
                    piece = await anext(self._pieces)
                    continue
                self._next = asyncio.ensure_future(anext(self._pieces))
                if self._is_stopped:
                    self._next.cancel()
                while not (await asyncio.wait((self._next,), timeout=KEEP_ALIVE_SECONDS))[0]:
                    yield COMMENT
                piece = self._next.result()
            yield self._writer.write_ending(piece)
        except DomainError as error:
            yield write_error(translate_exception(error) or Problem.of_status(500))
        except asyncio.CancelledError:
            if not self._is_stopped:
                raise
            yield write_error(Problem.of_status(503, _STOPPING))


def write_error(problem: Problem) -> bytes:
    """Write why a stream ends before its answer does."""
    error = describe_for_openai(problem.slug, problem.detail or problem.title, problem.faults)["error"]
    return write_event({"error": error})
