"""A receiver that answers 204 to every POST and knows how many came: `python -m benchmarks.receiver PORT`."""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter

ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Receiver:
    """Takes POSTs; a GET is told how many there were."""

    def __init__(self) -> None:
        self.received = 0

    async def answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Take one request."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET"):
                count = str(self.received).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(count), count)
                )
            else:
                await reader.readexactly(_length(head))
                self.received += 1
                writer.write(ANSWER)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return int(next(value for name, _, value in lines if name.lower() == b"content-length"))


async def main() -> None:
    """Listen until the process ends."""
    server = await asyncio.start_server(Receiver().answer, "127.0.0.1", int(sys.argv[1]), backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
