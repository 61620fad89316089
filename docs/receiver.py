"""Receive webhooks and print them: `python docs/receiver.py HOST:PORT COUNT [SECRET]`.

It ends after COUNT requests. With a secret it accepts only requests that are signed with it.
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

PATIENCE_SECONDS = 60


class Receiver(BaseHTTPRequestHandler):
    """Verify the signature of each request before accepting it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signatures = [f"{name}: {value}" for name, value in self.headers.items() if "webhook" in name.lower()]
        print_lines(f"POST {self.path}", *signatures, "", body.decode())
        self.send_response(204 if self.is_genuine(body) else 400)
        self.end_headers()

    def is_genuine(self, body: bytes) -> bool:
        """Check that the body is signed with the secret, a few minutes ago at most."""
        if not SECRET:
            return True
        try:
            Webhook(SECRET).verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            print_lines(f"Refused: {error}.", "")
            return False
        print_lines("The signature is right.", "")
        return True

    def log_request(self, *_: object) -> None:
        """Leave out the server's own log line."""


def print_lines(*lines: str) -> None:
    """Print the lines at once, for readers of a pipe."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    ADDRESS, COUNT, SECRET = (*sys.argv[1:], "")[:3]
    HOST, PORT = ADDRESS.split(":")
    with HTTPServer((HOST, int(PORT)), Receiver) as server:
        server.timeout = PATIENCE_SECONDS
        print_lines(f"Listening at {ADDRESS}.", "")
        for _ in range(int(COUNT)):
            server.handle_request()
