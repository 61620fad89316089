"""Those who call a site: customers and staff of some shops, each with their own token, or people without one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from uuid import UUID

from benchmarks.load import Sources, run_wrk
from benchmarks.measurements import Measurement
from benchmarks.operations import Operation, token_for
from benchmarks.seeds import CALLERS, CUSTOMER, PASSWORD, STAFF, Shop
from benchmarks.sites import Site

NOTHING = "-"
FIRST_STAFF = "first-staff"
"""The staff of the first shop: the caller of an operation that no other shop knows."""

CALLERS_FILES = {STAFF: "staff", CUSTOMER: "customers", FIRST_STAFF: FIRST_STAFF}
SALES_A_SECOND = 3500
"""More than any server makes on two cores; a load that finds no more pets is told by its answers."""


@dataclass(frozen=True)
class Caller:
    """Somebody who is signed in.

    Attributes:
        customer: their number among the shop's customers, 0 for staff.
        token: what they send; `-` for nothing.
    """

    shop: Shop
    customer: int
    token: str

    @property
    def tenant(self) -> str:
        """What they send as X-Tenant-ID; `-` for nothing."""
        return str(self.shop.tenant_id) if self.shop.number else NOTHING

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say who they are and where."""
        token = {"Authorization": f"Bearer {self.token}"} if self.token != NOTHING else {}
        return token | ({"X-Tenant-ID": self.tenant} if self.shop.number else {})


@dataclass
class Visitors:
    """A site's callers, whose load is measured.

    Attributes:
        slug, name: of the measurements.
        is_signed_in: whether they send tokens where none is needed, too.
        callers_each: of the customers of a shop, so many call.
    """

    site: Site
    slug: str
    name: str
    shops: Sequence[Shop]
    is_signed_in: bool = True
    callers_each: int = CALLERS
    customers: list[Caller] = field(default_factory=list)
    staff: list[Caller] = field(default_factory=list)

    def sign_in(self) -> None:
        """Sign everybody in, and write the files that the load generator reads."""
        self.customers = [
            self._build_caller(shop, number) for shop in self.shops for number in shop.callers[: self.callers_each]
        ]
        self.staff = [self._build_caller(shop, 0) for shop in self.shops]
        people = self.customers if self.is_signed_in else [replace(one, token=NOTHING) for one in self.customers]
        files = {"callers": people, "customers": self.customers, "staff": self.staff, "first-staff": self.staff[:1]}
        for name, callers in files.items():
            self._write_lines(name, (f"{one.token} {one.tenant}" for one in callers))
        self._write_lines("orders", self._list_orders())
        self._write_lines("pets", self._list_in_turns({shop: shop.list_pets_for_sale() for shop in self.shops}))
        self._write_lines("catalogue", self._list_in_turns({shop: shop.list_catalogue() for shop in self.shops}))

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Put an operation under load and take the CPU time it costs, the worker's to its end; rows are taken back."""
        site, writes = self.site, operation.writes
        ids = self._name_file(operation.ids) if operation.ids else None
        callers = self._name_file(CALLERS_FILES.get(operation.caller or "", "callers"))
        sources = Sources(ids=ids, callers=callers)
        if writes:
            site.stock_pets(self.shops, seconds * SALES_A_SECOND // len(self.shops))
        found = site.measure_load(
            operation,
            seconds,
            lambda span: run_wrk(site.base_url, operation, sources, span),
            awaits_worker=writes,
        )
        if writes:
            site.check_written_rows(found)
            site.reset_seeded_rows()
        return replace(found, server=self.slug)

    def _build_caller(self, shop: Shop, customer: int) -> Caller:
        name = shop.name_user(f"{CUSTOMER}{customer}" if customer else STAFF)
        tenant, token_field = (shop.tenant_id if shop.number else None), self.site.contestant.jwt_field
        return Caller(shop, customer, token_for(self.site.base_url, name, PASSWORD, token_field, tenant))

    def _list_orders(self) -> Iterator[str]:
        """The callers' own orders, each with the number of its caller; orders of nobody where nobody is known."""
        if not self.is_signed_in:
            yield from self._list_in_turns({shop: shop.list_anonymous_orders() for shop in self.shops})
        else:
            for number, one in enumerate(self.customers, 1):
                yield from (f"{order} {number}" for order in one.shop.list_orders_of(one.customer))

    def _list_in_turns(self, ids: dict[Shop, Iterator[UUID]]) -> Iterator[str]:
        """One id of each shop in turn, with the numbers of the shop's callers."""
        numbers = {
            shop: cycle([number for number, one in enumerate(self.customers, 1) if one.shop == shop]) for shop in ids
        }
        while ids:
            for shop, left in list(ids.items()):
                following = next(left, None)
                if following is None:
                    del ids[shop]
                else:
                    yield f"{following} {next(numbers[shop])}"

    def _name_file(self, name: str) -> Path:
        return self.site.place.directory / f"{self.slug}-{name}.txt"

    def _write_lines(self, name: str, lines: Iterable[str]) -> None:
        self._name_file(name).write_text("".join(f"{line}\n" for line in lines))
