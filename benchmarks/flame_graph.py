"""Draw where the time of a GET goes, before and now: `uv run --group bench python -m benchmarks.flame_graph`.

One order is read in a process, with tenant and token, by WSGI; samples are taken by the processor's time. Before is
a commit, which is checked out for the run.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.console import RESULTS, run_with_signals
from benchmarks.documents import copy_image
from benchmarks.flame_drawing import Flame, build_flame, draw_flame_graphs
from benchmarks.ours import ENVIRONMENT, OURS, ROOT
from benchmarks.places import Place, open_temporary_place
from benchmarks.processes import run_command_to_end
from benchmarks.seeds import Store

BEFORE = "76ef1db"
ROLES_COMMAND = "petstore/management/commands/create_database_roles.py"
SAMPLER = Path(__file__).parent / "flame_samples.py"
SETTINGS = {**ENVIRONMENT, "DJANGO_SETTINGS_MODULE": "petstore.settings.dev", "LOG_FORMAT": "console"}


@contextmanager
def check_out_commit(commit: str) -> Iterator[Path]:
    """Check a commit out beside this tree, and take it away afterwards."""
    with tempfile.TemporaryDirectory(prefix="petstore-before-") as place:
        tree = Path(place) / "tree"
        run_command_to_end(["git", "worktree", "add", "--detach", str(tree), commit], ROOT, {})
        try:
            yield tree
        finally:
            run_command_to_end(["git", "worktree", "remove", "--force", str(tree)], ROOT, {})


def sample_tree(tree: Path, place: Place, schema: str, requests: int) -> tuple[float, Flame]:
    """Sample the requests of a tree on a database of its own; return the µs of one too."""
    roles = OURS.roles if (tree / ROLES_COMMAND).exists() else ""
    family = replace(OURS, schema=schema, cwd=tree, roles=roles, env={**SETTINGS, "PYTHONPATH": str(tree)})
    url = place.build_server_url(family, place.create_migrated_database(family))
    env = {**family.env, "DATABASE_URL": url, "REQUESTS": str(requests)}
    found = json.loads(run_command_to_end([sys.executable, str(SAMPLER)], tree, env).splitlines()[-1])
    return found["us"], build_flame(found["stacks"], "GET order")


def draw_both_graphs() -> None:
    """Sample both trees, and draw both graphs, on one scale."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flame_graph", description=__doc__)
    parser.add_argument("--before", default=BEFORE, help=f"a commit ({BEFORE})")
    parser.add_argument("--requests", type=int, default=8000, help="that are sampled (8000)")
    parser.add_argument("--write", action="store_true", help="copy the picture into docs/images")
    given = parser.parse_args()
    with ExitStack() as stack:
        trees = {given.before: stack.enter_context(check_out_commit(given.before)), "now": ROOT}
        place = stack.enter_context(open_temporary_place(Store(orders=2, pets=1)))
        sampled = {
            title: sample_tree(tree, place, f"flame{number}", given.requests)
            for number, (title, tree) in enumerate(trees.items())
        }
    picture = RESULTS / "flame-graph.svg"
    titles = {
        f"GET order with tenant and token, {name}: {us:.0f} µs in the process": (us, flame)
        for name, (us, flame) in sampled.items()
    }
    picture.write_text(draw_flame_graphs(titles))
    if given.write:
        copy_image(picture)
    print("\n".join(titles), picture, sep="\n")


if __name__ == "__main__":
    run_with_signals(draw_both_graphs)
