import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Species(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPECIES_UNSPECIFIED: _ClassVar[Species]
    DOG: _ClassVar[Species]
    CAT: _ClassVar[Species]
    RABBIT: _ClassVar[Species]
    BIRD: _ClassVar[Species]
    REPTILE: _ClassVar[Species]
    OTHER: _ClassVar[Species]

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATUS_UNSPECIFIED: _ClassVar[Status]
    AVAILABLE: _ClassVar[Status]
    PENDING: _ClassVar[Status]
    ADOPTED: _ClassVar[Status]
    NOT_AVAILABLE: _ClassVar[Status]

class Size(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIZE_UNSPECIFIED: _ClassVar[Size]
    SIZE_SMALL: _ClassVar[Size]
    SIZE_MEDIUM: _ClassVar[Size]
    SIZE_LARGE: _ClassVar[Size]

class Gender(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GENDER_UNSPECIFIED: _ClassVar[Gender]
    GENDER_MALE: _ClassVar[Gender]
    GENDER_FEMALE: _ClassVar[Gender]
    GENDER_UNKNOWN: _ClassVar[Gender]
SPECIES_UNSPECIFIED: Species
DOG: Species
CAT: Species
RABBIT: Species
BIRD: Species
REPTILE: Species
OTHER: Species
STATUS_UNSPECIFIED: Status
AVAILABLE: Status
PENDING: Status
ADOPTED: Status
NOT_AVAILABLE: Status
SIZE_UNSPECIFIED: Size
SIZE_SMALL: Size
SIZE_MEDIUM: Size
SIZE_LARGE: Size
GENDER_UNSPECIFIED: Gender
GENDER_MALE: Gender
GENDER_FEMALE: Gender
GENDER_UNKNOWN: Gender

class Pet(_message.Message):
    __slots__ = ("id", "name", "species", "breed", "age_months", "status", "adoption_fee", "currency", "price", "size", "color", "gender", "good_with_kids", "description", "photos", "medical_info", "created_at", "updated_at", "tenant_id", "etag")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPECIES_FIELD_NUMBER: _ClassVar[int]
    BREED_FIELD_NUMBER: _ClassVar[int]
    AGE_MONTHS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ADOPTION_FEE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    GOOD_WITH_KIDS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PHOTOS_FIELD_NUMBER: _ClassVar[int]
    MEDICAL_INFO_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    species: Species
    breed: str
    age_months: int
    status: Status
    adoption_fee: float
    currency: str
    price: str
    size: Size
    color: str
    gender: Gender
    good_with_kids: bool
    description: str
    photos: _containers.RepeatedScalarFieldContainer[str]
    medical_info: MedicalInfo
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    tenant_id: str
    etag: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., species: _Optional[_Union[Species, str]] = ..., breed: _Optional[str] = ..., age_months: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., adoption_fee: _Optional[float] = ..., currency: _Optional[str] = ..., price: _Optional[str] = ..., size: _Optional[_Union[Size, str]] = ..., color: _Optional[str] = ..., gender: _Optional[_Union[Gender, str]] = ..., good_with_kids: _Optional[bool] = ..., description: _Optional[str] = ..., photos: _Optional[_Iterable[str]] = ..., medical_info: _Optional[_Union[MedicalInfo, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., tenant_id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class MedicalInfo(_message.Message):
    __slots__ = ("spayed_neutered", "vaccinated", "microchipped", "special_needs", "health_notes")
    SPAYED_NEUTERED_FIELD_NUMBER: _ClassVar[int]
    VACCINATED_FIELD_NUMBER: _ClassVar[int]
    MICROCHIPPED_FIELD_NUMBER: _ClassVar[int]
    SPECIAL_NEEDS_FIELD_NUMBER: _ClassVar[int]
    HEALTH_NOTES_FIELD_NUMBER: _ClassVar[int]
    spayed_neutered: bool
    vaccinated: bool
    microchipped: bool
    special_needs: bool
    health_notes: str
    def __init__(self, spayed_neutered: _Optional[bool] = ..., vaccinated: _Optional[bool] = ..., microchipped: _Optional[bool] = ..., special_needs: _Optional[bool] = ..., health_notes: _Optional[str] = ...) -> None: ...

class GetPetRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListPetsRequest(_message.Message):
    __slots__ = ("species", "status", "page", "limit", "all_statuses", "age_min", "age_max", "size", "good_with_kids", "search", "price_min", "price_max", "sort", "page_token")
    SPECIES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    ALL_STATUSES_FIELD_NUMBER: _ClassVar[int]
    AGE_MIN_FIELD_NUMBER: _ClassVar[int]
    AGE_MAX_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    GOOD_WITH_KIDS_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    PRICE_MIN_FIELD_NUMBER: _ClassVar[int]
    PRICE_MAX_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    species: Species
    status: Status
    page: int
    limit: int
    all_statuses: bool
    age_min: int
    age_max: int
    size: Size
    good_with_kids: bool
    search: str
    price_min: str
    price_max: str
    sort: str
    page_token: str
    def __init__(self, species: _Optional[_Union[Species, str]] = ..., status: _Optional[_Union[Status, str]] = ..., page: _Optional[int] = ..., limit: _Optional[int] = ..., all_statuses: _Optional[bool] = ..., age_min: _Optional[int] = ..., age_max: _Optional[int] = ..., size: _Optional[_Union[Size, str]] = ..., good_with_kids: _Optional[bool] = ..., search: _Optional[str] = ..., price_min: _Optional[str] = ..., price_max: _Optional[str] = ..., sort: _Optional[str] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPetsResponse(_message.Message):
    __slots__ = ("pets", "total", "page", "limit", "next_page_token")
    PETS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    pets: _containers.RepeatedCompositeFieldContainer[Pet]
    total: int
    page: int
    limit: int
    next_page_token: str
    def __init__(self, pets: _Optional[_Iterable[_Union[Pet, _Mapping]]] = ..., total: _Optional[int] = ..., page: _Optional[int] = ..., limit: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreatePetRequest(_message.Message):
    __slots__ = ("pet",)
    PET_FIELD_NUMBER: _ClassVar[int]
    pet: Pet
    def __init__(self, pet: _Optional[_Union[Pet, _Mapping]] = ...) -> None: ...

class UpdatePetRequest(_message.Message):
    __slots__ = ("pet", "update_mask")
    PET_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    pet: Pet
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, pet: _Optional[_Union[Pet, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeletePetRequest(_message.Message):
    __slots__ = ("id", "etag")
    ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    id: str
    etag: str
    def __init__(self, id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class DeletePetResponse(_message.Message):
    __slots__ = ("success",)
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    success: bool
    def __init__(self, success: _Optional[bool] = ...) -> None: ...
