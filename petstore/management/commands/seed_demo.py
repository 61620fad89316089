import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from petstore.demo.seeding import DEFAULT_ORDERS, DEFAULT_TENANTS, Seeded, seed_store
from petstore.demo.seeding_accounts import default_password
from petstore.management import base
from petstore.management.base import a_count


class Command(base.Command):
    help = "Fill the store with demo tenants, accounts, pets and orders; a second run adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", default="", help="of all demo accounts; by default one is made and printed")
        parser.add_argument("--orders", type=a_count, default=DEFAULT_ORDERS, help="how many there are to be")
        parser.add_argument("--tenants", type=a_count, default=DEFAULT_TENANTS, help="3 or more")
        parser.add_argument("--json", action="store_true", help="print what there is as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["tenants"] < DEFAULT_TENANTS:
            raise CommandError(f"--tenants: give {DEFAULT_TENANTS} or more, one OPEN and two MEMBERS.")
        seeded = self._seed(options)
        self.stdout.write(json.dumps(seeded.store, indent=2) if options["json"] else described(seeded))

    def _seed(self, options: dict[str, Any]) -> Seeded:
        with self.progress(options, total=options["orders"], unit="orders") as bar:
            return seed_store(
                password=options["password"] or default_password(),
                orders=options["orders"],
                tenants=options["tenants"],
                on_progress=bar.update,
            )


def described(seeded: Seeded) -> str:
    """The store's accounts and figures for people to read."""
    store = seeded.store
    slugs = {tenant["id"]: tenant["slug"] for tenant in store["tenants"]}
    lines = [f"{store['pets']} pets and {store['orders']} orders. Everybody's password: {store['admin']['password']}"]
    lines += [f"  tenant {tenant['slug']:<14} {tenant['access']:<8} {tenant['id']}" for tenant in store["tenants"]]
    lines.append(f"  admin    {store['admin']['username']}")
    lines += [f"  staff    {one.username:<18} {one.slug:<11} {one.group}" for one in seeded.staff]
    customers = [(one["username"], slugs.get(one["tenantId"], "shared pool")) for one in store["customers"]]
    lines += [f"  customer {username:<18} {place}" for username, place in customers]
    return "\n".join(lines)
