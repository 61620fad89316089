"""The table of the unary methods of both services (contract, gRPC)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from kernel.access import UseCase
from orders.queries import get_order, list_orders
from orders.services.placement import place_order
from payments.services.order_transitions import cancel_order
from payments.services.payment import pay_order
from pets.queries import get_pet, list_pets_with_photos
from pets.services.catalog import create_pet, delete_pet, replace_pet
from petstore.interfaces.grpc import order_service, pet_service
from petstore.interfaces.grpc.methods import Call, Method
from petstore.interfaces.grpc.requests.values import refuse_unstorable_values
from petstore.interfaces.grpc.stubs import orders_pb2, pets_pb2

Run = Callable[[Any, Call], Message]

PET_SERVICE: Final[ServiceDescriptor] = pets_pb2.DESCRIPTOR.services_by_name["PetService"]
ORDER_SERVICE: Final[ServiceDescriptor] = orders_pb2.DESCRIPTOR.services_by_name["OrderService"]


def _define_method(service: ServiceDescriptor, name: str, use_case: UseCase, run: Run) -> Method:
    """Define a method with the messages that its proto names."""
    described: MethodDescriptor = service.methods_by_name[name]

    def check_and_run(request: Message, call: Call) -> Message:
        refuse_unstorable_values(request)
        return run(request, call)

    return Method(
        path=f"/{service.full_name}/{name}",
        request=GetMessageClass(described.input_type),
        response=GetMessageClass(described.output_type),
        use_case=use_case,
        run=check_and_run,
    )


_METHODS = (
    _define_method(PET_SERVICE, "GetPet", get_pet, pet_service.show_pet),
    _define_method(PET_SERVICE, "ListPets", list_pets_with_photos, pet_service.show_pets),
    _define_method(PET_SERVICE, "CreatePet", create_pet, pet_service.add_pet),
    _define_method(PET_SERVICE, "UpdatePet", replace_pet, pet_service.change_pet),
    _define_method(PET_SERVICE, "DeletePet", delete_pet, pet_service.remove_pet),
    _define_method(ORDER_SERVICE, "GetOrder", get_order, order_service.show_order),
    _define_method(ORDER_SERVICE, "ListOrders", list_orders, order_service.show_orders),
    _define_method(ORDER_SERVICE, "CreateOrder", place_order, order_service.create_order),
    _define_method(ORDER_SERVICE, "CancelOrder", cancel_order, order_service.cancel_placed_order),
    _define_method(ORDER_SERVICE, "PayOrder", pay_order, order_service.pay_placed_order),
)

METHODS: Final[Mapping[str, Method]] = {method.path: method for method in _METHODS}
"""The unary methods by their paths."""
