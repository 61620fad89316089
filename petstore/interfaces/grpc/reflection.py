"""`grpc.reflection` v1 and v1alpha, which are the same on the wire but for the service's name (contract, gRPC)."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection import aio

from petstore.interfaces.grpc.arrivals import limit_waits
from petstore.interfaces.grpc.metadata import find_network

NAMES: Final = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")


def build_reflection_handlers(services: Iterable[str]) -> list[grpc.GenericRpcHandler]:
    """Build the handlers of both versions, which describe the services and themselves."""
    servicer = aio.ReflectionServicer([*services, *NAMES])

    async def describe_services(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        answers: Any = servicer.ServerReflectionInfo(limit_waits(requests, find_network(context)), context)
        async for answer in answers:
            yield answer

    handler = grpc.stream_stream_rpc_method_handler(
        describe_services,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler}) for name in NAMES]
