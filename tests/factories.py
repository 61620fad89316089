"""Rows for the tests, made by the use cases that make them in earnest: no factory writes by itself."""

from decimal import Decimal
from typing import Any

import factory

from accounts.groups import StaffGroup
from accounts.models import User
from accounts.queries import permissions_of_user
from accounts.services.registration import Profile, create_admin_account, register_user
from accounts.services.tenants import create_staff_account, create_tenant
from kernel import clock
from kernel.actor import SYSTEM, Actor, Role
from orders.models import Order
from orders.services.placement import place_order
from pets.models import Pet
from pets.services.catalog import create_pet
from pets.services.details import PetDetails
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope

PASSWORD = "correct horse battery staple"  # noqa: S105  # of people who exist in tests only


def acting(user: User) -> Actor:
    """The user as an actor with the role of their account and what their group permits, who has just logged in."""
    return Actor(user_id=user.id, role=Role(user.role), permissions=permissions_of_user(user), proved_at=clock.now())


class TenantFactory(factory.Factory[Tenant]):
    """A MEMBERS tenant, unless `access` says otherwise."""

    class Meta:
        model = Tenant

    name = factory.Sequence(lambda number: f"Shop {number}")
    access = Tenant.Access.MEMBERS

    @classmethod
    def _create(cls, model_class: type[Tenant], *_args: Any, **values: Any) -> Tenant:
        return create_tenant(actor=SYSTEM, **values)


class CustomerFactory(factory.Factory[User]):
    """A customer of `tenant`, by default of the shared pool, with PASSWORD."""

    class Meta:
        model = User

    tenant: Any = None
    role = Role.CUSTOMER
    username = factory.Sequence(lambda number: f"person{number}")
    email = factory.LazyAttribute(lambda person: f"{person.username}@example.com")
    first_name = factory.LazyAttribute(lambda person: person.username.title())
    last_name = "Miller"

    @classmethod
    def _create(cls, model_class: type[User], *_args: Any, **values: Any) -> User:
        tenant, role, username = (values.pop(name) for name in ("tenant", "role", "username"))
        profile = Profile(**values)
        with tenant_scope(_id(tenant)):
            return register_user(username=username, password=PASSWORD, profile=profile, actor=SYSTEM, role=role)


class StaffFactory(CustomerFactory):
    """A staff member whose home is `tenant` and who works there, a manager unless `group` says otherwise."""

    role = Role.STAFF
    group = StaffGroup.MANAGER

    @classmethod
    def _create(cls, model_class: type[User], *_args: Any, **values: Any) -> User:
        tenant, _, username, group = (values.pop(name) for name in ("tenant", "role", "username", "group"))
        profile = Profile(**values)
        return create_staff_account(
            tenant_id=_id(tenant), username=username, password=PASSWORD, profile=profile, actor=SYSTEM, group=group
        )


class AdminFactory(factory.Factory[User]):
    """An admin of all tenants, at home in the shared pool."""

    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"admin{number}")
    email = factory.LazyAttribute(lambda admin: f"{admin.username}@example.com")

    @classmethod
    def _create(cls, model_class: type[User], *_args: Any, **values: Any) -> User:
        return create_admin_account(password=PASSWORD, **values)


class PetFactory(factory.Factory[Pet]):
    """An AVAILABLE dog of `tenant`, by default of the shared pool."""

    class Meta:
        model = Pet

    tenant: Any = None
    status = Pet.Status.AVAILABLE
    photos: tuple[str, ...] = ()
    name = factory.Sequence(lambda number: f"Rex {number}")
    species = Pet.Species.DOG
    age_months = 18
    price = Decimal("150.00")

    @classmethod
    def _create(cls, model_class: type[Pet], *_args: Any, **values: Any) -> Pet:
        tenant, status, photos = (values.pop(name) for name in ("tenant", "status", "photos"))
        with tenant_scope(_id(tenant)):
            return create_pet(details=PetDetails(**values), status=status, photos=photos, actor=SYSTEM)


class OrderFactory(factory.Factory[Order]):
    """A PLACED order of `pet`, by default a new one of `tenant`, for `customer`, by default nobody."""

    class Meta:
        model = Order

    tenant: Any = None
    customer: Any = None
    pet = factory.SubFactory(PetFactory, tenant=factory.SelfAttribute("..tenant"))

    @classmethod
    def _create(cls, model_class: type[Order], *_args: Any, **values: Any) -> Order:
        pet, customer = values["pet"], values["customer"]
        with tenant_scope(pet.tenant_id):
            return place_order(pet_id=pet.id, actor=SYSTEM, customer_id=customer.id if customer else None)


def _id(tenant: Tenant | None) -> Any:
    return tenant.id if tenant else SHARED_POOL_ID
