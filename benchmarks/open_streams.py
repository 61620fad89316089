"""Streams of the advisor that are held open and read: `python -m benchmarks.open_streams URL NUMBER < tokens`.

It says `open` once each has its first word, and reads on until its input ends.
"""

import asyncio
import json
import sys
from asyncio import StreamReader, StreamWriter
from urllib.parse import urlsplit

BODY = json.dumps({"messages": [{"role": "user", "content": "How do I feed a rabbit?"}], "stream": True}).encode()


async def open_stream(host: str, port: int, token: str) -> tuple[StreamReader, StreamWriter]:
    """Ask, and wait for the first word."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
        + BODY
    )
    await reader.readuntil(b'"content":"hay')
    return reader, writer


async def _read_on(reader: StreamReader) -> None:
    while await reader.read(65536):
        pass


async def main() -> None:
    """Open the streams, one after another, and hold them."""
    address, number = urlsplit(sys.argv[1]), int(sys.argv[2])
    tokens = sys.stdin.readline().split()
    streams = [
        await open_stream(address.hostname or "", address.port or 0, tokens[index % len(tokens)])
        for index in range(number)
    ]
    reading = [asyncio.create_task(_read_on(reader)) for reader, _ in streams]
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for task, (_, writer) in zip(reading, streams, strict=True):
        task.cancel()
        writer.close()


if __name__ == "__main__":
    asyncio.run(main())
