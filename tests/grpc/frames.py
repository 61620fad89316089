"""HTTP/2 frames written by hand, as a client of gRPC writes them and as none should (RFC 9113)."""

import socket
import struct
from collections.abc import Iterator
from io import BufferedReader
from typing import NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS = 1, 4
HEAD_BYTES = 9


class Frame(NamedTuple):
    """A frame of a server."""

    kind: int
    flags: int
    payload: bytes

    @property
    def ends_all(self) -> bool:
        """Whether nothing more is to be expected of one stream."""
        return self.kind in (RST_STREAM, GOAWAY) or (self.kind == HEADERS and bool(self.flags & END_STREAM))


def write_frame(kind: int, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> bytes:
    """A frame of a client."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def write_head(path: str, stream: int = 1) -> bytes:
    """The head of a call, the fields of which are written in full (RFC 7541, 6.2.2)."""
    fields = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    )
    block = b"".join(b"\0" + _write_text(name) + _write_text(value) for name, value in fields)
    return write_frame(HEADERS, block, flags=END_HEADERS, stream=stream)


def write_call(path: str, body: bytes) -> bytes:
    """A call with this body, in which the message's own prefix stands, too."""
    return write_head(path) + write_frame(DATA, body, flags=END_STREAM, stream=1)


def write_message(message: bytes, *, length: int | None = None) -> bytes:
    """A message with its prefix, which may lie about the length."""
    return b"\0" + struct.pack(">I", len(message) if length is None else length) + message


def _write_text(text: str) -> bytes:
    return bytes((len(text),)) + text.encode()


def exchange_frames(port: int, sent: bytes) -> list[Frame]:
    """What the server answers until it has ended a stream or the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(PREFACE + write_frame(SETTINGS) + sent)
        with connection.makefile("rb") as reader:
            return list(_read_frames(reader))


def _read_frames(reader: BufferedReader) -> Iterator[Frame]:
    while len(head := _read_bytes(reader, HEAD_BYTES)) == HEAD_BYTES:
        frame = Frame(head[3], head[4], _read_bytes(reader, int.from_bytes(head[:3])))
        yield frame
        if frame.ends_all:
            return


def _read_bytes(reader: BufferedReader, size: int) -> bytes:
    try:
        return reader.read(size)
    except ConnectionResetError:
        return b""
