"""The same data for every server, and the ids by which the load asks for it."""

import base64
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from argon2 import PasswordHasher

from benchmarks.databases import Cluster

SQL = Path(__file__).parent / "sql"
SHARED_POOL = UUID(int=1)
EPOCH = datetime(2023, 1, 1, tzinfo=UTC)
PASSWORD = secrets.token_urlsafe()
ADMIN = "admin"
STAFF = "staff"
CUSTOMER = "customer"
PET, ORDER = 2, 3
READ_IDS = 1000
CALLERS = 10
CALLER_STEP, FIRST_CALLER = 10, 2
FEW, MANY = 10, 100
SPREAD = 0.88
FEW_ORDERS = 1000
PEERS_ITERATIONS = 1000
"""Of the passwords of the peers' users: logging in is not measured, and each language can do PBKDF2."""


def compute_seeded_time(number: int) -> datetime:
    """Tell when the numbered row was made: one a minute."""
    return EPOCH + timedelta(minutes=number)


def compute_seeded_id(kind: int, number: int, shop: int = 0) -> UUID:
    """Make the UUIDv7 that the SQL of the same name makes."""
    milliseconds = int(compute_seeded_time(number).timestamp() * 1000)
    return UUID(f"{milliseconds:012x}7{kind:03x}8{shop:03x}{number:012x}")


@dataclass(frozen=True)
class Shop:
    """A tenant's rows, or with number 0 the shared pool's.

    Attributes:
        pets: those for sale that no order names.
    """

    number: int
    orders: int
    pets: int

    @property
    def tenant_id(self) -> UUID:
        """The tenant's id."""
        return SHARED_POOL if self.number == 0 else UUID(f"00000000-0000-7000-8000-{self.number:012x}")

    @property
    def customers(self) -> int:
        """The number of customers; those with an even number have orders, equally many each."""
        return MANY if self.orders >= FEW_ORDERS else FEW

    @property
    def callers(self) -> Sequence[int]:
        """The numbers of the customers who are signed in during the load."""
        return range(FIRST_CALLER, self.customers + 1, CALLER_STEP)

    def name_user(self, name: str) -> str:
        """Give somebody's username: names are unique over all shops."""
        return f"{name}-{self.number}" if self.number else name

    def find_order_id(self, number: int) -> UUID:
        """Name an order."""
        return compute_seeded_id(ORDER, number, self.number)

    def find_pet_id(self, number: int) -> UUID:
        """Name a pet: that of the order with this number, or behind the orders one for sale."""
        return compute_seeded_id(PET, number, self.number)

    def list_anonymous_orders(self) -> Iterator[UUID]:
        """Name up to 1000 orders without a user (the even ones), evenly spread over all."""
        count = min(READ_IDS, self.orders // 2)
        return (self.find_order_id(2 * (index * self.orders // (2 * count) + 1)) for index in range(count))

    def list_orders_of(self, customer: int) -> Iterator[UUID]:
        """Name up to 100 orders of a customer, evenly spread over all that are theirs."""
        numbers = range(customer - 1, self.orders + 1, self.customers)
        return map(self.find_order_id, numbers[:: max(1, len(numbers) // (READ_IDS // CALLERS))])

    def list_catalogue(self) -> Iterator[UUID]:
        """Name up to 1000 pets of the catalogue, evenly spread: they are those of the orders."""
        return map(self.find_pet_id, range(1, self.orders + 1, max(1, self.orders // READ_IDS)))

    def list_pets_for_sale(self) -> Iterator[UUID]:
        """Name the pets that nobody has bought."""
        return (self.find_pet_id(self.orders + index + 1) for index in range(self.pets))


@dataclass(frozen=True)
class Stock:
    """So many pets of each of some shops."""

    shops: Sequence[Shop]
    pets: int


def spread_orders(tenants: int, largest: int, smallest: int, pets: int) -> Iterator[Shop]:
    """Give each tenant orders by its rank, as trade is spread: few have many, many have few."""
    for rank in range(1, tenants + 1):
        orders = int(largest / rank**SPREAD - (largest / tenants**SPREAD - smallest) * rank / tenants)
        yield Shop(rank, max(smallest, orders), pets)


NO_STOCK = Stock((), 0)


@dataclass(frozen=True)
class Store:
    """The numbers of rows: those of the shared pool, and its tenants.

    Attributes:
        keeps_stock_back: the pets for sale are on no list but while they are bought (`stock_pets`), so that a catalogue
            is as large as a shop's and not as a load's.
    """

    orders: int
    pets: int
    tenants: tuple[Shop, ...] = field(default=())
    keeps_stock_back: bool = False

    @property
    def pool(self) -> Shop:
        """The shared pool."""
        return Shop(0, self.orders, self.pets)

    @property
    def shops(self) -> tuple[Shop, ...]:
        """The shared pool and the tenants."""
        return (self.pool, *self.tenants)

    @property
    def all_orders(self) -> int:
        """The number of orders of all shops."""
        return sum(shop.orders for shop in self.shops)

    def list_anonymous_orders(self) -> Iterator[UUID]:
        """Name orders of the shared pool without a user."""
        return self.pool.list_anonymous_orders()

    def list_pets_for_sale(self) -> Iterator[UUID]:
        """Name the pets of the shared pool that nobody has bought."""
        return self.pool.list_pets_for_sale()

    def seed_database(self, cluster: Cluster, database: str, schema: str) -> None:
        """Fill an empty, migrated database."""
        self._run_sql(cluster, database, schema, "seed")
        cluster.vacuum_database(database)

    def stock_pets(self, cluster: Cluster, database: str, schema: str, stock: Stock) -> None:
        """Bring in some shops' pets for sale, where they are kept back."""
        if self.keeps_stock_back:
            self._run_sql(cluster, database, schema, "stock", stock)

    def reset_database(self, cluster: Cluster, database: str, schema: str) -> None:
        """Take a round's orders back."""
        self._run_sql(cluster, database, schema, "reset")
        cluster.vacuum_database(database)

    def _run_sql(self, cluster: Cluster, database: str, schema: str, script: str, stock: Stock = NO_STOCK) -> None:
        scripts = [SQL / "rules.sql", SQL / schema / f"{script}.sql"]
        cluster.run_sql_files(database, scripts, self._build_parameters(stock))

    def _build_parameters(self, stock: Stock) -> dict[str, object]:
        shops = self.shops
        return {
            "shops": [shop.number for shop in shops],
            "tenants": [shop.tenant_id for shop in shops],
            "shop_orders": [shop.orders for shop in shops],
            "shop_pets": [shop.pets for shop in shops],
            "shop_customers": [shop.customers for shop in shops],
            "stocked": [shop.number for shop in stock.shops],
            "stocked_pets": stock.pets,
            "stock_status": "NOT_AVAILABLE" if self.keeps_stock_back else "AVAILABLE",
            "admin": ADMIN,
            "staff": STAFF,
            "customer": CUSTOMER,
            "password": hash_our_password(PASSWORD),
            "peers_password": hash_peers_password(PASSWORD),
            "last": compute_seeded_time(max(shop.orders + shop.pets for shop in shops)),
        }


@cache
def hash_our_password(password: str) -> str:
    """Hash a password as ours are."""
    return f"argon2{PasswordHasher().hash(password)}"


@cache
def hash_peers_password(password: str) -> str:
    """Hash a password as Django's PBKDF2 hasher writes it down."""
    salt = secrets.token_hex(8)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), PEERS_ITERATIONS)
    return f"pbkdf2_sha256${PEERS_ITERATIONS}${salt}${base64.b64encode(digest).decode()}"
