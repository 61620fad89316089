"""Place and cancel an order with the client that openapi-generator made for Python."""

import sys

import openapi_client as client

address, username, password, tenant, key = sys.argv[1:]
here = {"x_tenant_id": tenant}
configuration = client.Configuration(host=f"{address}/v1")
with client.ApiClient(configuration) as anonymous:
    credentials = client.Credentials(username=username, password=password)
    tokens = client.AuthenticationApi(anonymous).create_token(credentials, **here)
configuration.access_token = tokens.token
with client.ApiClient(configuration) as api:
    orders, pets = client.OrdersApi(api), client.PetsApi(api)
    pet = pets.list_pets(species="DOG", limit=1, **here).data[0]
    order = orders.create_order(client.NewOrder(petId=pet.id), idempotency_key=key, **here)
    assert order.total_amount == pet.price, order
    orders.cancel_order(order.id, if_match='"v1"', **here)
    try:
        orders.cancel_order(order.id, **here)
    except client.exceptions.ConflictException:
        sys.stdout.write("once, ")
    sys.stdout.write(orders.get_order(order.id, **here).status)
