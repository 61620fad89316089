"""Seeds of the demo store's people: an admin, and for every tenant staff and some customers."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from accounts.groups import StaffGroup
from accounts.models import User
from accounts.queries import find_back_office_user, list_open_users
from accounts.services.registration import Profile, create_admin_account, register_user, update_user_profile
from accounts.services.tenants import add_tenant_member, create_tenant
from kernel import clock
from kernel.actor import SYSTEM, Role
from kernel.digests import compute_keyed_digest
from kernel.errors import Conflict
from petstore.demo.catalogue import SHOPS, CustomerProfile, ShopProfile, generate_customer_profiles
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope

ADMIN = CustomerProfile("admin", "Ada", "Admin", "admin@example.com")
STAFF = {
    "acme": CustomerProfile("sam", "Sam", "Novak", "sam@example.com"),
    "globex": CustomerProfile("gina", "Gina", "Rossi", "gina@example.com"),
}
COLLEAGUES = {
    "acme": (
        (CustomerProfile("cleo", "Cleo", "Haddad", "cleo@example.com"), StaffGroup.CLERK),
        (CustomerProfile("vera", "Vera", "Moreau", "vera@example.com"), StaffGroup.VIEWER),
    ),
}
REGULARS = {
    "acme": (
        CustomerProfile("alice", "Alice", "Morgan", "alice@example.com"),
        CustomerProfile("bob", "Bob", "Okafor", "bob@example.com"),
    ),
    "globex": (CustomerProfile("charlie", "Charlie", "Patel", "charlie@example.com"),),
}
CUSTOMERS_PER_SHOP = 2
YOUNGEST = timedelta(days=95)
"""The least age of an account: older than every order of the demo."""
OLDER_DAYS = 200
OPEN_EVERY = 3
"""The first tenant is OPEN, the next two are MEMBERS, and so on."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A scope of the demo store and its people.

    Attributes:
        keeper: approves and ships: a manager, in the shared pool the admin.
        colleagues: staff of other groups, who have done nothing yet.
    """

    tenant: Tenant
    keeper: User
    customers: tuple[User, ...]
    colleagues: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of the demo accounts.

    Attributes:
        chosen: for all accounts; without one, existing accounts keep theirs.
        unknown: the accounts with another password by now.
    """

    chosen: str = ""
    unknown: set[UUID] = field(default_factory=set)

    @property
    def password(self) -> str:
        """Of new accounts, and of all others that are not `unknown`."""
        return self.chosen or derive_default_password()

    def password_of(self, user: User) -> str | None:
        """Return somebody's password, if it is known."""
        return None if user.id in self.unknown else self.password


def derive_default_password() -> str:
    """Derive a password from this installation's SECRET_KEY: hard to guess and the same each time."""
    secret = compute_keyed_digest(settings.SECRET_KEY, "demo accounts")
    return "demo-" + base64.b32encode(secret)[:12].decode().lower()


def seed_shops(tenants: int, keys: Passwords) -> tuple[User, list[Shop]]:
    """Return the admin and the shops, the shared pool last; what is missing is made.

    Raises:
        Conflict: an account that is not of the demo has one of its usernames.
    """
    with tenant_scope(SHARED_POOL_ID):
        admin = _seed_demo_account(ADMIN, keys, Role.ADMIN)
    shops = [_seed_shop(number, profile, keys) for number, profile in enumerate(_generate_shop_profiles(tenants))]
    pool = Tenant.objects.get(pk=SHARED_POOL_ID)
    return admin, [*shops, Shop(pool, admin, _seed_customers(pool, tenants, keys))]


def _generate_shop_profiles(number: int) -> Iterator[ShopProfile]:
    for index in range(number):
        again, place = divmod(index, len(SHOPS))
        shop = SHOPS[place]
        yield ShopProfile(f"{shop.slug}-{again + 1}", f"{shop.name} {again + 1}") if again else shop


def _seed_shop(number: int, profile: ShopProfile, keys: Passwords) -> Shop:
    access = Tenant.Access.MEMBERS if number % OPEN_EVERY else Tenant.Access.OPEN
    tenant = Tenant.objects.filter(slug=profile.slug).first() or create_tenant(
        name=profile.name, slug=profile.slug, access=access, actor=SYSTEM
    )
    username = f"{profile.slug}-staff"
    person = STAFF.get(profile.slug) or CustomerProfile(username, "Robin", "Reed", f"{username}@example.com")
    keeper, *colleagues = (
        _seed_staff_member(tenant, each, keys, group)
        for each, group in ((person, StaffGroup.MANAGER), *COLLEAGUES.get(tenant.slug, ()))
    )
    return Shop(tenant, keeper, _seed_customers(tenant, number, keys), tuple(colleagues))


def _seed_staff_member(tenant: Tenant, person: CustomerProfile, keys: Passwords, group: StaffGroup) -> User:
    with tenant_scope(tenant.id):
        user = _seed_demo_account(person, keys, Role.STAFF, group)
    add_tenant_member(tenant_id=tenant.id, username=user.username, actor=SYSTEM)
    return user


def _seed_customers(tenant: Tenant, seed: int, keys: Passwords) -> tuple[User, ...]:
    regulars = REGULARS.get(tenant.slug, ())
    people = (*regulars, *generate_customer_profiles(seed, CUSTOMERS_PER_SHOP - len(regulars)))
    with tenant_scope(tenant.id):
        return tuple(_seed_demo_account(person, keys, Role.CUSTOMER) for person in people)


def _seed_demo_account(
    person: CustomerProfile, keys: Passwords, role: Role, group: StaffGroup = StaffGroup.MANAGER
) -> User:
    user = _find_demo_account(person.username, role)
    if user is None:
        return _open_demo_account(person, keys.password, role, group)
    if user.email != person.email:
        raise Conflict(f"An account named {person.username} exists already and is not of the demo store.")
    if not user.check_password(keys.password):
        if keys.chosen:
            _set_password(user, keys.password)
        else:
            keys.unknown.add(user.id)
    return user


def _set_password(user: User, password: str) -> None:
    as_it_is = Profile(**{each.name: getattr(user, each.name) for each in fields(Profile)})
    with tenant_scope(user.tenant_id):
        update_user_profile(user_id=user.id, profile=as_it_is, actor=SYSTEM, password=password)


def _find_demo_account(username: str, role: Role) -> User | None:
    if role is not Role.CUSTOMER:
        return find_back_office_user(username)
    user: User | None = list_open_users().named(username).first()
    return user


def _open_demo_account(person: CustomerProfile, password: str, role: Role, group: StaffGroup) -> User:
    if role is Role.ADMIN:
        return create_admin_account(username=person.username, password=password, email=person.email)
    profile = _build_account_profile(person)
    return register_user(
        username=person.username,
        password=password,
        profile=profile,
        actor=SYSTEM,
        role=role,
        group=group,
        opened_at=clock.now() - _choose_account_age(person),
    )


def _choose_account_age(person: CustomerProfile) -> timedelta:
    """Choose an account's age: older than all orders, and another number of days for each name."""
    return YOUNGEST + timedelta(days=sum(person.username.encode()) % OLDER_DAYS)


def _build_account_profile(person: CustomerProfile) -> Profile:
    return Profile(email=person.email, first_name=person.first_name, last_name=person.last_name)
