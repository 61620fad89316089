"""Place and cancel an order with the client that openapi-python-client made."""

import sys

from pet_store_api_client import AuthenticatedClient, Client
from pet_store_api_client.api.authentication import create_token
from pet_store_api_client.api.orders import cancel_order, create_order, get_order
from pet_store_api_client.api.pets import list_pets
from pet_store_api_client.models import Credentials, NewOrder, Order, PetCollection, Problem, Tokens

address, username, password, here, key = sys.argv[1:]
credentials = Credentials(username=username, password=password)
tokens = create_token.sync(client=Client(f"{address}/v1"), body=credentials, x_tenant_id=here)
assert isinstance(tokens, Tokens), tokens
client = AuthenticatedClient(f"{address}/v1", token=tokens.token)
pets = list_pets.sync(client=client, limit=1, x_tenant_id=here)
assert isinstance(pets, PetCollection), pets
body = NewOrder(pet_id=pets.data[0].id)
order = create_order.sync(client=client, body=body, idempotency_key=key, x_tenant_id=here)
assert isinstance(order, Order), order
cancelled = cancel_order.sync_detailed(order.id, client=client, if_match='"v1"', x_tenant_id=here)
assert cancelled.status_code == 204, cancelled
refused = cancel_order.sync(order.id, client=client, x_tenant_id=here)
assert isinstance(refused, Problem), refused
found = get_order.sync(order.id, client=client, x_tenant_id=here)
assert isinstance(found, Order), found
sys.stdout.write(f"once, {found.status}")
