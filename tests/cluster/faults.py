"""The faults: a kind of machine, and what happens to one of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.cluster.databases import wait_for
from tests.cluster.network import Machine
from tests.cluster.store import Store

HOLD_SECONDS = 10.0
"""More than clients and the application wait for an answer, so that what is silent is felt."""
KILL, CUT, FREEZE, SPLIT = "kill", "cut", "freeze", "split"
MACHINES: dict[str, Callable[[Store], str]] = {
    "web": lambda _: "web1",
    "worker": lambda _: "worker1",
    "balancer": lambda _: "balancer1",
    "pooler": Store.find_busiest_pooler,
    "redis": lambda _: "redis",
    "standby": lambda store: store.keeper.standby.name,
    "database": lambda store: store.keeper.primary.name,
}
"""The machine of each kind that the fault befalls at that moment."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to a machine of this kind."""

    way: str
    kind: str

    def __str__(self) -> str:
        return f"{self.way}:{self.kind}"

    def strike(self, store: Store) -> Machine:
        """Let it happen; give the machine."""
        machine = store.machines[MACHINES[self.kind](store)]
        store.keeper.fences = self.way != SPLIT
        strikes: dict[str, Callable[[], None]] = {
            KILL: machine.kill,
            CUT: machine.cut_off,
            FREEZE: machine.freeze,
            SPLIT: partial(_split, store, machine),
        }
        strikes[self.way]()
        return machine

    def mend(self, store: Store, machine: Machine) -> None:
        """Bring the machine back."""
        if self.way == CUT:
            machine.reconnect()
        if self.kind in {"database", "standby"}:
            store.keeper.rejoin()
        elif self.way == KILL:
            machine.start()
        elif self.way == FREEZE:
            machine.thaw()
        if self.kind in {"web", "balancer"}:
            store.wait_until_ready(machine.name)


def _split(store: Store, machine: Machine) -> None:
    """Cut the primary off, and put its cable in again once the standby is promoted: now both take writes."""
    old = store.keeper.primary
    machine.cut_off()
    wait_for(lambda: store.keeper.primary is not old, 20)
    old.acknowledge_alone()
    machine.reconnect()


ALL = [Fault(way, kind) for kind in MACHINES for way in (KILL, CUT, FREEZE)] + [Fault(SPLIT, "database")]


def parse_faults(text: str) -> list[Fault]:
    """Read a list such as `kill:web,cut:worker`, or `all`; raises ValueError where there is no such fault."""
    if text == "all":
        return ALL
    known = {str(fault): fault for fault in ALL}
    unknown = [name for name in text.split(",") if name not in known]
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in text.split(",")]
