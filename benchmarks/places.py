"""The place of a run: a directory, and databases with a prefix of their own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contestants import Family, split_command
from benchmarks.databases import Cluster
from benchmarks.operations import Operation
from benchmarks.processes import run_command_to_end
from benchmarks.seeds import PASSWORD, Store

SERVER = "_server"
"""What is added to the owner's name for the role of the servers."""


@dataclass(frozen=True)
class Place:
    """The run's directory and databases. A family's database is migrated and seeded once, then copied."""

    cluster: Cluster
    directory: Path
    prefix: str
    store: Store
    stack: ExitStack
    templates: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def copy_seeded_database(self, family: Family, slug: str) -> Iterator[str]:
        """Make a database with a family's rows, give its name, and drop it afterwards."""
        name, template = f"{self.prefix}_{slug.replace('-', '_')}", self.seed_template_database(family)
        with self.cluster.create_temporary_database(name, template, self._name_owner(family)):
            yield name

    def build_server_url(self, family: Family, database: str) -> str:
        """Name a family's database for its servers: as the role that row-level security binds, where there is one."""
        role = (self._name_owner(family) + SERVER, PASSWORD) if family.roles else ()
        return self.cluster.build_database_url(database, *role)

    def find_ids_file(self, operation: Operation) -> Path | None:
        """Name the file of ids that an operation draws from."""
        return self.directory / f"{operation.ids}.txt" if operation.ids else None

    def write_all_ids_files(self) -> None:
        """Write the files of ids."""
        pool = self.store.pool
        files = {
            "orders": pool.list_anonymous_orders(),
            "pets": pool.list_pets_for_sale(),
            "catalogue": pool.list_catalogue(),
        }
        for name, ids in files.items():
            (self.directory / f"{name}.txt").write_text("\n".join(map(str, ids)) + "\n")

    def seed_template_database(self, family: Family) -> str:
        """Name the family's seeded database, which is made when first asked for and dropped with the place."""
        if family.schema not in self.templates:
            name = self.create_migrated_database(family)
            self.store.seed_database(self.cluster, name, family.schema)
            self.templates[family.schema] = name
        return self.templates[family.schema]

    def create_migrated_database(self, family: Family) -> str:
        """Make a family's empty database, and the roles of its servers; return its name."""
        name, owner = f"{self.prefix}_{family.schema}", self._name_owner(family)
        if family.roles:
            self.stack.enter_context(self.cluster.create_temporary_owner(owner, PASSWORD))
        self.stack.enter_context(self.cluster.create_temporary_database(name, owner=owner))
        for command in filter(None, (family.roles, family.migrate)):
            run_command_to_end(split_command(command), family.cwd, self._build_owner_environment(family, name))
        return name

    def _name_owner(self, family: Family) -> str:
        return f"{self.prefix}_owner" if family.roles else "DEFAULT"

    def _build_owner_environment(self, family: Family, database: str) -> dict[str, str]:
        """The settings of a command that makes roles or tables."""
        served = {**family.env, "DATABASE_URL": self.build_server_url(family, database)}
        if not family.roles:
            return served
        owner = self.cluster.build_database_url(database, self._name_owner(family), PASSWORD)
        return {**served, "DATABASE_OWNER_URL": owner}


@contextmanager
def open_temporary_place(store: Store) -> Iterator[Place]:
    """Open a place that leaves nothing behind.

    Raises:
        BenchmarkError: when there is no PostgreSQL.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="petstore-benchmark-")))
        place = Place(
            Cluster.from_environment(),
            directory,
            f"petstore_bench_{os.getpid()}_{len(store.shops)}_{store.all_orders}",
            store,
            stack,
        )
        place.write_all_ids_files()
        yield place
