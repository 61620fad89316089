"""Serve /v1/pets and /v1/pets/{id} (contract, Pets)."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from pets.models import Pet
from pets.queries import (
    PetWithPhotos,
    get_pet,
    get_pet_with_photos,
    list_pets_with_photos,
    select_pets_with_photos,
)
from pets.services.catalog import create_pet, delete_pet, replace_pet
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.filters import filter_by_query
from petstore.interfaces.representation.pet_filters import PetFilter, choose_pet_ordering
from petstore.interfaces.representation.pet_input import PetInput, read_pet_arguments
from petstore.interfaces.representation.pet_pages import read_pet_page
from petstore.interfaces.representation.pets import PetOutput, compile_pet_representation
from petstore.interfaces.rest.conditional import read_expected_version, respond_with_etag
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.pagination import CollectionPagination, PaginatedViewSet, SearchPagination
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.resources.pet_search import PetSearchInput
from petstore.interfaces.rest.viewsets import build_location


class PetViewSet(PaginatedViewSet):
    """Pets: anybody in the tenant reads them, its staff write them."""

    resource = "pets"
    serializer_class = PetOutput
    filterset_class = PetFilter
    use_cases: ClassVar[dict[str, UseCase]] = {
        "list": list_pets_with_photos,
        "search_pets": list_pets_with_photos,
        "retrieve": get_pet_with_photos,
        "create": create_pet,
        "update": replace_pet,
        "destroy": delete_pet,
    }

    def get_queryset(self) -> QuerySet[Pet]:
        return list_pets_with_photos()

    def list(self, request: Request) -> Response:
        """List the pets that match the filters, oldest first unless `sort` says otherwise."""
        query, represent = request._request.GET, compile_pet_representation(build_site_url(request._request))
        found = read_pet_page(query)
        if found is not None:
            return self.respond_with_read_page(*found, represent=represent)
        rows = filter_by_query(PetFilter, query, select_pets_with_photos())
        paginator = CollectionPagination(choose_pet_ordering(query.get("sort", "")), make_row=PetWithPhotos._make)
        return self.respond_with_page(rows, represent=represent, paginator=paginator)

    @extend_schema(
        operation_id="searchPets",
        request=PetSearchInput,
        responses={200: PetOutput(many=True)},
        description="Search the available pets; all criteria are optional. A link cannot carry them, so only "
        "`links.self` is one. `QUERY /pets` takes the same body; OpenAPI 3.1 cannot describe that method.",
    )
    def search_pets(self, request: Request) -> Response:
        """Search the available pets; a link cannot carry the criteria, so only `self` is one."""
        search = PetSearchInput.read_pet_search(request.data)
        rows = select_pets_with_photos().filter(status=Pet.Status.AVAILABLE, **search.lookups)
        paginator = SearchPagination(search.ordering, make_row=PetWithPhotos._make, asked=search.page)
        return self.respond_with_page(
            rows, represent=compile_pet_representation(build_site_url(request._request)), paginator=paginator
        )

    @extend_schema(request=PetInput, responses={201: PetOutput})
    def create(self, request: Request) -> Response:
        """Add a pet to the store. It is AVAILABLE unless `status` says otherwise."""
        pet = create_pet(**self._read_pet_arguments(request, status=Pet.Status.AVAILABLE))
        return self._build_pet_response(request, pet, 201, build_location(request, "pets", pet.id))

    def retrieve(self, request: Request, pet_id: UUID) -> Response:
        """Get a pet."""
        pet = get_pet_with_photos(pet_id)
        return respond_with_etag(
            request,
            format_version_etag(pet.version),
            lambda: compile_pet_representation(build_site_url(request._request))(pet),
        )

    @extend_schema(
        request=PetInput,
        responses={
            200: PetOutput,
            409: describe_conflict_response("An open order holds the pet, so its status cannot change."),
        },
    )
    def update(self, request: Request, pet_id: UUID) -> Response:
        """Replace a pet's data. While an open order holds the pet, its status cannot change."""
        expected = read_expected_version(request, lambda: get_pet(pet_id).version)
        pet = replace_pet(
            pet_id=pet_id,
            expected_version=expected,
            allows_unexplained=True,
            **self._read_pet_arguments(request, status=None),
        )
        return self._build_pet_response(request, pet, 200, {})

    @extend_schema(
        responses={204: None, 409: describe_conflict_response("An order names the pet; set it NOT_AVAILABLE instead.")}
    )
    def destroy(self, request: Request, pet_id: UUID) -> HttpResponse:
        """Delete a pet and its photos. A pet that an order names cannot be deleted: set it NOT_AVAILABLE."""
        expected = read_expected_version(request, lambda: get_pet(pet_id).version)
        delete_pet(pet_id=pet_id, expected_version=expected, actor=self.actor)
        return Response(status=204)

    def _read_pet_arguments(self, request: Request, *, status: str | None) -> dict[str, Any]:
        """Return the use case's arguments from the body, with this status where the body has none."""
        site = build_site_url(request._request)
        return {**read_pet_arguments(request.data, site=site, status=status), "actor": self.actor}

    def _build_pet_response(self, request: Request, pet: Pet, status: int, headers: dict[str, str]) -> Response:
        return Response(
            compile_pet_representation(build_site_url(request._request))(pet),
            status=status,
            headers=headers | {"ETag": format_version_etag(pet.version)},
        )
