"""Errors of a run; each message is a sentence for the person at the terminal."""


class BenchmarkError(Exception):
    """The run cannot go on."""
