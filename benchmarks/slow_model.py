"""A model that says a word a second to everybody, in OpenAI's protocol: `python -m benchmarks.slow_model PORT`."""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
WORD = b'data: {"choices": [{"index": 0, "delta": {"content": "hay "}, "finish_reason": null}]}\n\n'
PAUSE_SECONDS = 1.0


async def _talk(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            writer.write(HEAD)
            while not reader.at_eof():
                writer.write(WORD)
                await writer.drain()
                await asyncio.sleep(PAUSE_SECONDS)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Talk until the process ends."""
    server = await asyncio.start_server(_talk, "127.0.0.1", int(sys.argv[1]), backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
