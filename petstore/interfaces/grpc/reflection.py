"""`grpc.reflection` v1 and v1alpha, which are the same on the wire but for the service's name (contract, gRPC)."""

from collections.abc import Iterable
from typing import Final

import grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection import aio

NAMES: Final = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")


def build_reflection_handlers(services: Iterable[str]) -> list[grpc.GenericRpcHandler]:
    """Build the handlers of both versions, which describe the services and themselves."""
    servicer = aio.ReflectionServicer([*services, *NAMES])
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler}) for name in NAMES]
