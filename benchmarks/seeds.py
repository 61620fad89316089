"""The same data for every server, and the ids by which the load asks for it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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


def compute_seeded_time(number: int) -> datetime:
    """Tell when the numbered row was made: one a minute."""
    return EPOCH + timedelta(minutes=number)


def compute_seeded_id(kind: int, number: int) -> UUID:
    """Make the UUIDv7 that the SQL of the same name makes."""
    milliseconds = int(compute_seeded_time(number).timestamp() * 1000)
    return UUID(f"{milliseconds:012x}7{kind:03x}8000{number:012x}")


@dataclass(frozen=True)
class Store:
    """The numbers of rows."""

    orders: int
    pets: int

    def list_anonymous_orders(self) -> Iterator[UUID]:
        """Name up to 1000 orders without a user (the even ones), evenly spread over all."""
        count = min(READ_IDS, self.orders // 2)
        return (compute_seeded_id(ORDER, 2 * (index * self.orders // (2 * count) + 1)) for index in range(count))

    def list_pets_for_sale(self) -> Iterator[UUID]:
        """Name the pets that nobody has bought."""
        return (compute_seeded_id(PET, self.orders + index + 1) for index in range(self.pets))

    def seed_database(self, cluster: Cluster, database: str, schema: str) -> None:
        """Fill an empty, migrated database."""
        cluster.run_sql_files(database, [SQL / "rules.sql", SQL / schema / "seed.sql"], self._build_parameters())
        cluster.vacuum_database(database)

    def reset_database(self, cluster: Cluster, database: str, schema: str) -> None:
        """Take a round's orders back."""
        cluster.run_sql_files(database, [SQL / schema / "reset.sql"], self._build_parameters())
        cluster.vacuum_database(database)

    def _build_parameters(self) -> dict[str, object]:
        return {
            "orders": self.orders,
            "pets": self.pets,
            "pool": SHARED_POOL,
            "admin": ADMIN,
            "staff": STAFF,
            "customer": CUSTOMER,
            "password": f"argon2{PasswordHasher().hash(PASSWORD)}",
            "last": compute_seeded_time(self.orders + self.pets),
            "last_sold_pet": compute_seeded_id(PET, self.orders),
        }
