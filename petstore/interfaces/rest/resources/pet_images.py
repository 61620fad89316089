"""Serve /v1/pets/{id}/images (contract, Pets)."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from kernel.access import UseCase
from pets.services.photos import add_photo
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.representation.fields import FlagField, TextField
from petstore.interfaces.representation.pets import make_photo_absolute
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response, describe_unavailable_response
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import ApiViewSet


class ImageInput(InputSerializer):
    """A picture as multipart/form-data."""

    file = serializers.FileField(allow_empty_file=True, help_text="A JPEG, PNG or WebP picture of at most 5 MB.")
    additionalMetadata = TextField(
        required=False, allow_blank=True, max_length=1000, help_text="A note on the picture, kept in the journal."
    )

    class Meta:
        ref_name = "NewPetImage"


class ApiResponseOutput(OutputSerializer):
    """The outcome of an upload."""

    message = TextField()
    success = FlagField()

    class Meta:
        ref_name = "ApiResponse"


class UploadParser(MultiPartParser):
    """Reads the texts of a form as UTF-8, whatever charset the caller names."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})


class PetImageViewSet(ApiViewSet):
    """A pet's uploaded photos."""

    resource = "images"
    serializer_class = ApiResponseOutput
    parser_classes = (UploadParser,)
    use_cases: ClassVar[dict[str, UseCase]] = {"upload_pet_image": add_photo}

    @extend_schema(
        operation_id="uploadPetImage",
        request=ImageInput,
        responses={
            201: ApiResponseOutput,
            409: describe_conflict_response("The pet has the maximum number of photos."),
            503: describe_unavailable_response("The photo cannot be stored at the moment."),
        },
    )
    def upload_pet_image(self, request: Request, pet_id: UUID) -> Response:
        """Add a picture to a pet's photos. It is re-encoded, and its metadata are removed."""
        body = ImageInput.validate_request_body(request.data)
        photo = add_photo(pet_id=pet_id, upload=body["file"], note=body.get("additionalMetadata", ""), actor=self.actor)
        headers = {"Location": make_photo_absolute(build_site_url(request._request), photo.address)}
        return Response({"message": "The image is stored.", "success": True}, status=201, headers=headers)
