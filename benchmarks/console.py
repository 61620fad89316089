"""Run in a terminal: a signal stops the run cleanly, and errors are printed as a sentence."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.errors import BenchmarkError

RESULTS = Path(__file__).parent / "results"


def run_with_signals(run: Callable[[], None]) -> None:
    """Run to the end, to an error's sentence, or to Ctrl-C or SIGTERM; whatever was started is stopped first."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        run()
    except BenchmarkError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
