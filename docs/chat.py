"""A client of support chat: it sends frames, and prints what the store says to each (docs/contract.md, WebSocket).

python docs/chat.py http://127.0.0.1:8000 TENANT TOKEN FRAME…
"""

import sys

from websockets.sync.client import connect

ANSWERED = ("joinRoom", "chatMessage", "ping")


def send_frames(store: str, tenant: str, token: str, *frames: str) -> None:
    """Send frames one after the other; wait for an answer where there is one."""
    address = f"{store.replace('http', 'ws', 1)}/v1/ws/chat?tenantId={tenant}"
    with connect(address, subprotocols=["petstore.v1", f"bearer.{token}"]) as chat:
        sys.stdout.write(f"{chat.recv()}\n")
        for frame in frames:
            chat.send(frame)
            if any(f'"{kind}"' in frame for kind in ANSWERED):
                sys.stdout.write(f"{chat.recv()}\n")


if __name__ == "__main__":
    send_frames(*sys.argv[1:])
