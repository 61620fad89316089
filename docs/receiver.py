"""A receiver of webhooks that says what it hears: `python docs/receiver.py HOST:PORT COUNT [SECRET]`.

It takes COUNT requests and ends. With a secret it takes only what is signed with it.
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

PATIENCE_SECONDS = 60


class Receiver(BaseHTTPRequestHandler):
    """Verifies a request before it believes it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signatures = [f"{name}: {value}" for name, value in self.headers.items() if "webhook" in name.lower()]
        say(f"POST {self.path}", *signatures, "", body.decode())
        self.send_response(204 if self.is_genuine(body) else 400)
        self.end_headers()

    def is_genuine(self, body: bytes) -> bool:
        """Whether it is signed with our secret, a few minutes ago at most."""
        if not SECRET:
            return True
        try:
            Webhook(SECRET).verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            say(f"Refused: {error}.", "")
            return False
        say("The signature is right.", "")
        return True

    def log_request(self, *_: object) -> None:
        """It says enough."""


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    ADDRESS, COUNT, SECRET = (*sys.argv[1:], "")[:3]
    HOST, PORT = ADDRESS.split(":")
    with HTTPServer((HOST, int(PORT)), Receiver) as server:
        server.timeout = PATIENCE_SECONDS
        say(f"Listening at {ADDRESS}.", "")
        for _ in range(int(COUNT)):
            server.handle_request()
