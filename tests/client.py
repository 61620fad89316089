"""A caller of the REST API."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.test import APIClient, ForceAuthClientHandler

from accounts.models import User
from petstore.server.awaited_response import AwaitedResponse, wait_for_final
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.minting import tokens_for
from tests.rest import conformance


class WaitingHandler(ForceAuthClientHandler):
    """Answers with the final response where the view's is still being made; a stream comes whole."""

    def get_response(self, request: Any) -> Any:
        response: HttpResponseBase = super().get_response(request)
        if not isinstance(response, AwaitedResponse):
            return response
        response.request = request
        return wait_for_final(response)


class Client(APIClient):
    """Nobody, in the shared pool, until told otherwise: `api.at(acme)`, `api.as_(alice)`."""

    default_format = "json"

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.handler = WaitingHandler(enforce_csrf_checks=False)

    def request(self, **kwargs: Any) -> Any:
        """The answer, which must be one that the OpenAPI document describes."""
        response = super().request(**kwargs)
        operation = conformance.operation_of(kwargs["REQUEST_METHOD"], kwargs["PATH_INFO"])
        assert operation is None or conformance.faults(operation, response) == []
        return response

    def at(self, tenant: Tenant) -> "Client":
        """Nobody in particular, naming this tenant."""
        client = Client()
        client.credentials(**naming(tenant))
        return client

    def as_(self, user: User, *, at: Tenant | None = None) -> "Client":
        """The user with a real token, in the tenant `at`, by default at home."""
        tenant = at or user.tenant
        with tenant_scope(tenant.id):
            token = tokens_for(user).token
        client = Client()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", **naming(tenant))
        return client


def naming(tenant: Tenant) -> dict[str, str]:
    """The headers that name the tenant."""
    return {} if tenant.id == SHARED_POOL_ID else {"HTTP_X_TENANT_ID": str(tenant.id)}
