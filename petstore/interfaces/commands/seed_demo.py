import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from petstore.demo.seeds.store import DEFAULT_ORDERS, DEFAULT_TENANTS, SeededStore, seed_store
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_count

UNKNOWN_MARK = "(another password)"
RESET_HINT = (
    "Accounts with another password keep it, and it is unknown here: `manage.py reset_link USERNAME` prints a link for"
    " a new one, and --password sets one for all demo accounts."
)
HELP_ON_ACCOUNTS = (
    "for all demo accounts; by default new ones get a derived one, which is printed, and the others keep theirs"
)


class Command(base.Command):
    help = "Fill the store with demo tenants, accounts, pets and orders; a second run adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", default="", help=HELP_ON_ACCOUNTS)
        parser.add_argument("--orders", type=parse_count, default=DEFAULT_ORDERS, help="the least number of orders")
        parser.add_argument("--tenants", type=parse_count, default=DEFAULT_TENANTS, help="3 or more")
        parser.add_argument("--json", action="store_true", help="print the store as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["tenants"] < DEFAULT_TENANTS:
            raise CommandError(f"--tenants: give {DEFAULT_TENANTS} or more, one OPEN and two MEMBERS.")
        seeded = self._seed_demo_store(options)
        self.stdout.write(json.dumps(seeded.store, indent=2) if options["json"] else describe_seeded_store(seeded))

    def _seed_demo_store(self, options: dict[str, Any]) -> SeededStore:
        with self.show_progress(options, total=options["orders"], unit="orders") as bar:
            return seed_store(
                password=options["password"],
                orders=options["orders"],
                tenants=options["tenants"],
                on_progress=bar.update,
            )


def describe_seeded_store(seeded: SeededStore) -> str:
    """Describe the store's accounts and figures for people."""
    store = seeded.store
    slugs = {tenant["id"]: tenant["slug"] for tenant in store["tenants"]}
    lines = [f"{store['pets']} pets and {store['orders']} orders. Everybody's password: {seeded.password}"]
    lines += [f"  tenant {tenant['slug']:<14} {tenant['access']:<8} {tenant['id']}" for tenant in store["tenants"]]
    people = [f"  admin    {store['admin']['username']}{_note_other_password(store['admin']['password'])}"]
    people += [
        f"  staff    {one.username:<18} {one.slug:<11} {one.group}{_note_other_password(one.has_known_password)}"
        for one in seeded.staff
    ]
    for one in store["customers"]:
        place = slugs.get(one["tenantId"], "shared pool")
        people.append(f"  customer {one['username']:<18} {place}{_note_other_password(one['password'])}")
    lines += people
    for one in store["applications"]:
        lines.append(f"  app      {one['clientId']:<30} {slugs.get(one['tenantId'], 'shared pool')}")
    if any(UNKNOWN_MARK in line for line in people):
        lines.append(RESET_HINT)
    return "\n".join(lines)


def _note_other_password(is_known: object) -> str:
    return "" if is_known else f"  {UNKNOWN_MARK}"
