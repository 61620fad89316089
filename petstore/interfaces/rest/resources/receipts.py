"""/v1/receipts/{id} (contract, Payments): JSON for programs, a page to print for people."""

import hashlib
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel.access import UseCase
from orders.receipt_links import build_receipt_url
from payments.queries import get_receipt
from pets.models import Pet
from petstore.interfaces.http.receipt_page import CONTENT_SECURITY_POLICY, render_receipt_page
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.fields import BlankTextField, EnumField, IdField, TextField, TimestampField
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.representation.payments import PaymentOutput
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.rest.conditional import find_matching_etag, respond_with_etag
from petstore.interfaces.rest.openapi.views import HtmlRenderer
from petstore.interfaces.rest.renderers import JSONRenderer, Response
from petstore.interfaces.rest.viewsets import ApiViewSet
from tenants.models import Tenant


class SoldPetOutput(OutputSerializer):
    """The pet that was paid for."""

    id = IdField()
    name = TextField()
    species = EnumField(choices=Pet.Species.values)
    breed = BlankTextField()

    class Meta:
        ref_name = "SoldPet"


class ReceiptRowsOutput(OutputSerializer):
    """The part of a receipt that stands in the database."""

    receiptId = IdField(source="id", help_text="The payment's id.")
    generatedAt = TimestampField(source="generated_at")
    order = OrderOutput()
    pet = SoldPetOutput(source="order.pet")
    payment = PaymentOutput()


class ReceiptOutput(ReceiptRowsOutput):
    """That an order was paid: by a payment that SUCCEEDED, and may be REFUNDED since."""

    receiptUrl = serializers.URLField(help_text="The receipt as a page, for whoever has this link: a secret.")
    seller = TextField(help_text="The name of the store.")

    class Meta:
        ref_name = "Receipt"


class ReceiptViewSet(ApiViewSet):
    """Receipts: read by whoever may read the order."""

    resource = "receipts"
    serializer_class = ReceiptOutput
    renderer_classes = (JSONRenderer, HtmlRenderer)
    use_cases: ClassVar[dict[str, UseCase]] = {"retrieve": get_receipt}

    @extend_schema(responses={(200, "application/json"): ReceiptOutput, (200, "text/html"): OpenApiTypes.STR})
    def retrieve(self, request: Request, receipt_id: UUID) -> HttpResponse:
        """The receipt of a payment that went through; as a page that prints well where `Accept` prefers text/html."""
        receipt = get_receipt(receipt_id, actor=self.actor)
        tenant: Tenant = vars(request._request)["tenant"]
        seller, site = tenant.seller_name, build_site_url(request._request)
        if isinstance(request.accepted_renderer, HtmlRenderer):
            return _build_page_response(request, render_receipt_page(receipt, seller=seller, site=site))
        url = build_receipt_url(tenant.id, receipt.id, site=site)
        data = compile_representation(ReceiptRowsOutput)(receipt) | {"receiptUrl": url, "seller": seller}
        return respond_with_etag(request, _compute_etag(render_json_bytes(data)), lambda: data)


def _build_page_response(request: Request, text: str) -> HttpResponse:
    tag = _compute_etag(text.encode())
    held = find_matching_etag(request, tag)
    if held:
        return Response(status=304, headers={"ETag": held})
    headers = {"ETag": tag, "Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return HttpResponse(text, content_type="text/html; charset=utf-8", headers=headers)


def _compute_etag(content: bytes) -> str:
    """Return a tag of the content: a receipt shows several rows, and has no version of its own."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
