"""The runner: `python -m tests.cluster --faults all|kill:web,freeze:worker,…`."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.customers import Customers
from tests.cluster.faults import ALL, HOLD_SECONDS, SPLIT, Fault, parse_faults
from tests.cluster.network import Machine, Unable
from tests.cluster.receiver import Receiver, listening
from tests.cluster.store import Store, open_store, require_tools
from tests.cluster.verdicts import HEAD, Audit, Verdict

REFUSAL = "was left behind"
QUIET_SECONDS, REST_SECONDS = 2.0, 2.0
_begun = time.monotonic()


def main(arguments: Sequence[str]) -> int:
    """Try the faults, print the table; 0 where every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--faults", type=parse_faults, default=ALL, help="all, or some, such as kill:web,cut:worker")
    parser.add_argument("--hold", type=float, default=HOLD_SECONDS, help="seconds until a machine is brought back")
    parser.add_argument("--logs", type=Path, help="a folder that gets the log of each machine")
    options = parser.parse_args(arguments)
    try:
        require_tools()
    except Unable as error:
        _print_line(f"missing: {error}")
        return 2
    with listening() as (receiver, port), open_store(port, say) as store:
        verdicts = [try_fault(store, receiver, fault, options.hold) for fault in options.faults]
        if options.logs:
            store.keep_logs(options.logs)
    for line in ("", HEAD, *(verdict.format_row() for verdict in verdicts)):
        _print_line(line)
    return 0 if all(verdict.is_kept for verdict in verdicts) else 1


def try_fault(store: Store, receiver: Receiver, fault: Fault, hold: float) -> Verdict:
    """Let a fault happen under load, and bring the machine back."""
    audit, customers = Audit(store, receiver), Customers(store.addresses, store.tenant_id, store.pets)
    customers.begin()
    time.sleep(QUIET_SECONDS)
    say(f"{fault}: strikes")
    struck_at = time.monotonic()
    machine = fault.strike(store)
    time.sleep(hold)
    if fault.kind != "worker":  # the other worker has to take over what this one has claimed, and needs its lease's end
        _bring_back(store, fault, machine)
        time.sleep(REST_SECONDS)
    customers.go_home()
    say(f"{fault}: what waits is delivered")
    drained = audit.wait_until_drained()
    if fault.kind == "worker":
        _bring_back(store, fault, machine)
        time.sleep(REST_SECONDS)
    verdict = audit.conclude(str(fault), customers, struck_at, drained)
    for at, what in store.keeper.told:
        say(f"{fault}: {at - struck_at:.1f} s: {what}")
    store.keeper.told.clear()
    if fault.way == SPLIT:
        say(f"{fault}: the old primary was refused {store.count_logged(REFUSAL)} times")
    say(f"{fault}: {dict(verdict.reasons)} {'; '.join(verdict.notes)}")
    _print_line(verdict.format_row())
    return verdict


def _bring_back(store: Store, fault: Fault, machine: Machine) -> None:
    say(f"{fault}: {machine.name} is brought back")
    fault.mend(store, machine)


def say(what: str) -> None:
    """Print a line of progress."""
    _print_line(f"{time.monotonic() - _begun:6.1f} s  {what}")


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is taken away
    sys.exit(main(sys.argv[1:]))
