"""How a run meets the terminal: it stops politely on a signal, and says in a sentence what is wrong."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.errors import BenchmarkError

RESULTS = Path(__file__).parent / "results"


def politely(run: Callable[[], None]) -> None:
    """Run to the end, to an error's sentence, or to Ctrl-C or SIGTERM; whatever was started is stopped first."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        run()
    except BenchmarkError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
