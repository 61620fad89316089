from petstore.interfaces.commands import mcp
from petstore.interfaces.mcp.stdio import serve_stdio


class Command(mcp.Command):
    def serve_client(self, token: str | None, tenant: str | None) -> None:
        serve_stdio(token, tenant)
