from petstore.grpc_server import serve_grpc
from petstore.interfaces.commands import serve_grpc as command


class Command(command.Command):
    def serve_address(self, address: str) -> None:
        serve_grpc(address)
