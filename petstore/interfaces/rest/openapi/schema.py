"""Turn a viewset's action into an OpenAPI operation; what the code says already is derived from it.

A view adds its body, its answers and its conflicts by `@extend_schema`; its filters come from `filterset_class`, its
security from the Access of its use case, its examples from `petstore.interfaces.rest.openapi.examples`.
"""

import re
from typing import Any

import uritemplate
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from kernel.access import Access, access_of
from kernel.actor import Role
from petstore.interfaces.http.problems import CONTENT_TYPE
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer
from petstore.interfaces.rest.openapi import error_responses, examples, filters, headers, pages, parameters, security
from petstore.interfaces.rest.viewsets import ApiViewSet

Schema = dict[str, Any]

_VERBS = {"retrieve": "get", "destroy": "delete"}
_BEARERS = {Role.CUSTOMER: "", Role.STAFF: " of staff or of an admin", Role.ADMIN: " of an admin"}
_FIRST_REFUSAL = 400
_DESCRIPTIONS = {"200": "Done.", "201": "Created; `Location` has its URL.", "204": "Done, without a body."}
_TAGS = {"inventories": "Inventory", "auth": "Authentication", "receipts": "Payments", "models": "Chat"}


class Operation(AutoSchema):
    """The drf-spectacular inspector that knows the contract's conventions."""

    def is_excluded(self) -> bool:
        return False

    def get_operation_id(self) -> str:
        """Return `createOrder`, `listOrders` and so on; `@extend_schema(operation_id=…)` overrides it."""
        action, noun = self.action_name, self.documented_viewset.resource.capitalize()
        return _VERBS.get(action, action) + (noun if action == "list" else noun.removesuffix("s"))

    def get_summary(self) -> str:
        """Return the first clause of the action's docstring."""
        return re.split(r"[;:.]", self._read_action_docstring(), maxsplit=1)[0].replace("`", "")

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular's signature, not DRF's
        """Return the docstring, and the token that the operation needs."""
        return f"{self._read_action_docstring()}\n\n{_describe_needed_token(self.action_access)}"

    def get_tags(self) -> list[str]:
        first = self._tokenize_path()[0]
        return [_TAGS.get(first, first.capitalize())]

    def get_auth(self) -> list[Schema]:
        """Return the tokens with the scope that the use case asks for; also none, where a token is optional."""
        super().get_auth()
        return security.build_security_requirements(self.action_access)

    def get_response_serializers(self) -> Any:
        """Return what the action answers where no decorator says it."""
        if self.method == "DELETE":
            return {204: None}
        return {201 if self._is_create_operation() else 200: self.output_serializer}

    @property
    def documented_viewset(self) -> ApiViewSet:
        viewset: ApiViewSet = self.view  # type: ignore[assignment]  # we document no other views
        return viewset

    @property
    def output_serializer(self) -> Any:
        return self.documented_viewset.get_serializer_class()

    @property
    def action_name(self) -> str:
        return self.documented_viewset.action or ""

    @property
    def action_access(self) -> Access:
        return access_of(self.documented_viewset.use_cases[self.action_name])

    def _read_action_docstring(self) -> str:
        return str(super().get_description()).strip()

    @property
    def _is_of_one(self) -> bool:
        return bool(uritemplate.variables(self.path))

    @property
    def _has_request_body(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def _answers_with_etag(self) -> bool:
        return self._is_of_one and self.action_name == "retrieve"

    @property
    def _takes_idempotency_key(self) -> bool:
        return hasattr(getattr(self.documented_viewset, self.action_name), "takes_idempotency_key")

    def get_paginated_name(self, serializer_name: str) -> str:
        return pages.name_collection_schema(serializer_name)

    def _lists_in_pages(self) -> bool:
        return self.method == "GET" and self._is_list_view()

    def _get_pagination_parameters(self) -> list[Schema]:
        """Return none: the paginator's are references, and stand among the shared parameters."""
        return []

    def _get_parameters(self) -> list[Schema]:
        paging = self._get_paginator().get_schema_operation_parameters(self.view) if self._lists_in_pages() else []
        own: list[Schema] = super()._get_parameters()
        return [*own, *paging, *parameters.refer_to_parameters(*self._name_shared_parameters())]

    def _name_shared_parameters(self) -> list[str]:
        conditional = ("IfNoneMatch",) if self._answers_with_etag else ("IfMatch",) if self._takes_if_match() else ()
        return [
            *(("IdempotencyKey",) if self._takes_idempotency_key else ()),
            *conditional,
            *parameters.COMMON_PARAMETERS,
        ]

    def _takes_if_match(self) -> bool:
        return self._is_of_one and self.method in ("PUT", "PATCH", "DELETE")

    def _get_filter_parameters(self) -> list[Schema]:
        filterset = getattr(self.documented_viewset, "filterset_class", None)
        return filters.describe_query_parameters(filterset) if filterset and self._lists_in_pages() else []

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        answers: Schema = super()._get_response_bodies(direction)
        if self._answers_with_etag:
            answers["304"] = {"description": "Not modified.", "headers": headers.refer_to_headers("ETag")}
        return dict(sorted({**error_responses.refer_to_responses(*self._list_usual_errors()), **answers}.items()))

    def _list_usual_errors(self) -> list[int]:
        return [
            *error_responses.COMMON_STATUSES,
            *(error_responses.BODY_STATUSES if self._has_request_body else ()),
            *((409, 422) if self._takes_idempotency_key else ()),
            *((412,) if self._takes_if_match() else ()),
        ]

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: Any = "response"
    ) -> Schema:
        if int(status_code) >= _FIRST_REFUSAL:
            media_types = [CONTENT_TYPE]
        answer: Schema = super()._get_response_for_code(serializer, status_code, media_types, direction)
        return {**answer, "description": str(answer["description"]) or self._describe_success_status(status_code)}

    def _describe_success_status(self, status_code: str) -> str:
        has_no_location = status_code == "201" and self.action_name in self.documented_viewset.without_location
        return "Created." if has_no_location else _DESCRIPTIONS[status_code]

    def _get_response_headers_for_code(self, status_code: str, direction: Any = "response") -> Schema:
        """Return the headers of the responses that are this operation's own."""
        is_success = int(status_code) < _FIRST_REFUSAL
        names = {
            "ETag": is_success
            and (self._answers_with_etag or self._is_create_operation() or self.method in ("PUT", "PATCH")),
            "Location": status_code == "201" and self.action_name not in self.documented_viewset.without_location,
            "Idempotent-Replayed": self._takes_idempotency_key and is_success,
            "Retry-After": status_code == "503" or (self._takes_idempotency_key and status_code == "409"),
        }
        declared = super()._get_response_headers_for_code(status_code, direction)
        return {**headers.refer_to_headers(*(name for name, has in names.items() if has)), **declared}

    def _get_examples(
        self, serializer: Any, direction: Any, media_type: Any, status_code: Any = None, extras: Any = None
    ) -> Schema:
        """Return the decorator's examples, else those of the component or of a page of it."""
        found: Schema = super()._get_examples(serializer, direction, media_type, status_code, extras)
        if found:
            return found
        is_page = direction == "response" and status_code == "200" and self._is_list_view(serializer)
        return examples.find_page_examples(serializer) if is_page else examples.find_body_examples(serializer)

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Schema:
        shape: Schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, InputSerializer):
            return {**shape, **_close_input_schema(serializer)}
        if isinstance(serializer, OutputSerializer):
            for field in shape.get("properties", {}).values():
                _drop_input_constraints(field, {"default": field.get("default"), "minLength": 1})
        return shape

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """Keep enums inline, without components of their own; describe files as bytes, not as URLs."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, serializers.ChoiceField):
            schema.pop("x-spec-enum-id", None)
        return {**schema, "format": "binary"} if isinstance(field, serializers.FileField) else schema


def _drop_input_constraints(schema: Schema, constraints: Schema) -> None:
    """Remove constraints that hold for input only."""
    for name, value in constraints.items():
        if schema.get(name) == value:
            schema.pop(name, None)


def _close_input_schema(serializer: InputSerializer) -> Schema:
    """Allow no other names than those that the body takes or ignores."""
    if not serializer.ignored:
        return {"additionalProperties": False}
    return {"propertyNames": {"enum": sorted({*serializer.fields, *serializer.ignored})}}


def _describe_needed_token(access: Access) -> str:
    scope = f" with the scope `{access.scope}`" if access.scope else ""
    token = f"token{_BEARERS[access.least_role]}{scope}"
    sentence = f"A {token} is optional." if access.is_token_optional else f"Needs a {token}."
    return f"{sentence} Tokens of applications are refused." if access.is_closed_to_applications else sentence
