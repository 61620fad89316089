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
from benchmarks.seeds import Store


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
        name = f"{self.prefix}_{slug.replace('-', '_')}"
        with self.cluster.create_temporary_database(name, self.seed_template_database(family)):
            yield name

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
            name = f"{self.prefix}_{family.schema}"
            url = self.stack.enter_context(self.cluster.create_temporary_database(name))
            run_command_to_end(split_command(family.migrate), family.cwd, {**family.env, "DATABASE_URL": url})
            self.store.seed_database(self.cluster, name, family.schema)
            self.templates[family.schema] = name
        return self.templates[family.schema]


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
