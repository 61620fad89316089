"""Find the constraint of the database that an error comes from."""


def violates_constraint(error: Exception, *names: str) -> bool:
    """Say whether the database has refused a write because of one of these constraints or triggers.

    Args:
        error: Django's IntegrityError.
        names: of constraints and triggers; SQLite names a unique constraint over plain columns by `table.column`.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return any(name in str(error) for name in names)
    return diagnosis.constraint_name in names or diagnosis.message_primary in names
