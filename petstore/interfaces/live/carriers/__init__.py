"""Carriers: what brings the signals of support rooms from one process to the others (docs/decisions, 0047).

A carrier may lose signals, and says so to nobody: each process looks at its rooms once a second anyhow.
"""
