"""The store on many machines, any one of which may die: `python -m tests.cluster --faults all` (guarantees, G23).

Each machine is a network namespace of this computer, with real processes and an address of its own. It takes root,
iproute2, HAProxy, PgBouncer, Redis and PostgreSQL's server programs.
"""
