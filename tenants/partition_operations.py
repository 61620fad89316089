"""Migration operations: tables whose rows are kept by month, in native partitions of PostgreSQL; SQLite knows none.

The key is a UUIDv7, whose first bits are its time of birth: a range of ids is a range of time. What is unique by id
stays so in the whole table, and foreign keys refer to it as before (decision 56).
"""

from collections.abc import Mapping
from typing import Final

from tenants.migration_operations import RunStatements

_FIRST_ID: Final = """
    CREATE FUNCTION petstore_first_id(month date) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT (lpad(to_hex((extract(epoch FROM month::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    $$
"""
_COPY_SECURITY: Final = """
    CREATE FUNCTION petstore_copy_security(source regclass, target regclass) RETURNS void
    LANGUAGE plpgsql AS $$
    DECLARE
        one record;
    BEGIN
        FOR one IN SELECT unnest(ARRAY[
            CASE WHEN relrowsecurity THEN 'ENABLE' END, CASE WHEN relforcerowsecurity THEN 'FORCE' END
        ]) AS word FROM pg_class WHERE oid = source
        LOOP
            CONTINUE WHEN one.word IS NULL;
            EXECUTE format('ALTER TABLE %s %s ROW LEVEL SECURITY', target, one.word);
        END LOOP;
        FOR one IN
            SELECT *, CASE WHEN roles = '{public}' THEN 'PUBLIC'
                      ELSE (SELECT string_agg(quote_ident(role), ', ') FROM unnest(roles) role) END AS grantees
            FROM pg_policies WHERE format('%I.%I', schemaname, tablename)::regclass = source
        LOOP
            EXECUTE format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', one.policyname, target, one.permissive, one.cmd,
                           one.grantees)
                || coalesce(' USING (' || one.qual || ')', '')
                || coalesce(' WITH CHECK (' || one.with_check || ')', '');
        END LOOP;
        FOR one IN
            SELECT tgname, tgfoid::regproc AS function FROM pg_trigger
            WHERE tgrelid = source AND NOT tgisinternal AND tgtype & 33 = 32
        LOOP
            EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s()',
                           one.tgname, target, one.function);
        END LOOP;
    END $$
"""
"""Copies what a partition does not get of its parent: row-level security, and the triggers that refuse TRUNCATE."""

_ADD_MONTH: Final = """
    CREATE FUNCTION {table}_add_month(month date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '200ms' AS $$
    DECLARE
        today date := (now() AT TIME ZONE 'UTC')::date;
        start date := date_trunc('month', month);
        partition text := '{table}_' || to_char(start, 'YYYY_MM');
    BEGIN
        IF start NOT BETWEEN date_trunc('month', today) AND today + 366 THEN
            RAISE EXCEPTION '{table}_add_month: % is not of the coming months', month;
        END IF;
        IF to_regclass(partition) IS NOT NULL OR EXISTS (
            SELECT FROM pg_inherits WHERE inhparent = '{table}'::regclass
            AND inhrelid::regclass::text ~ '_before_' AND right(inhrelid::regclass::text, 7) > to_char(start, 'YYYY_MM')
        ) THEN
            RETURN false;
        END IF;
        EXECUTE format('CREATE TABLE %I (LIKE {table} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS)',
                       partition);
        {local}
        PERFORM petstore_copy_security('{table}', partition::regclass);
        EXECUTE format('ALTER TABLE {table} ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition,
                       petstore_first_id(start), petstore_first_id((start + interval '1 month')::date));
        RETURN true;
    END $$
"""
_LOCAL: Final = "EXECUTE format('ALTER TABLE %I ADD {definition}', partition);"

_PIN: Final = """
    DO $$ BEGIN EXECUTE format('ALTER FUNCTION {function} SET search_path = %I, pg_temp', current_schema()); END $$
"""

_LOCK: Final = """
        FOR attempt IN 1..200 LOOP
            BEGIN
                SET LOCAL lock_timeout = '200ms';
                EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', <places>);
                EXIT;
            EXCEPTION WHEN lock_not_available THEN
                IF attempt = 200 THEN
                    RAISE;
                END IF;
            END;
            PERFORM pg_sleep(0.1 + random() / 5);
        END LOOP;
"""
"""Gets all locks or none: after a fifth of a second it lets go of all, sooner than PostgreSQL looks for deadlocks."""

_LIMIT: Final = """
    DO $$
    DECLARE
        latest uuid := (SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT 1);
        month date := date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months';
    BEGIN
        IF latest >= petstore_first_id((month + interval '1 year')::date) THEN
            RAISE EXCEPTION '{table} has ids that were not made by time, or by a clock that is wrong: %', latest;
        END IF;
        WHILE latest >= petstore_first_id(month) LOOP
            month := month + interval '1 month';
        END LOOP;
        {lock}
        EXECUTE format('ALTER TABLE {table} ADD CONSTRAINT %I CHECK ({key} < %L) NOT VALID',
                       '{table}_before_' || to_char(month, 'YYYY_MM'), petstore_first_id(month));
    END $$
"""
_FORGET: Final = """
    DO $$ BEGIN
        EXECUTE (
            SELECT 'ALTER TABLE {table} DROP CONSTRAINT ' || conname FROM pg_constraint
            WHERE conrelid = '{table}'::regclass AND conname LIKE '{table}\\_before\\_%'
        );
    END $$
"""
_VALIDATE: Final = """
    DO $$
    DECLARE
        one record;
    BEGIN
        FOR one IN SELECT conname, conrelid::regclass AS place FROM pg_constraint
            WHERE NOT convalidated AND contype IN ('c', 'f') AND {condition}
        LOOP
            EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', one.place, one.conname);
        END LOOP;
    END $$
"""
_OF_TABLE: Final = "conrelid = '{table}'::regclass AND conname LIKE '{table}\\_before\\_%'"
_TO_TABLE: Final = "confrelid = '{table}'::regclass AND conparentid = 0"

_SWAP: Final = """
    DO $$
    DECLARE
        one record;
        before text;
        month date;
        keys text[] := '{}';
    BEGIN
        SELECT conname, to_date(right(conname, 7), 'YYYY_MM') INTO STRICT before, month FROM pg_constraint
        WHERE conrelid = '<table>'::regclass AND conname LIKE '<table>\\_before\\_%';
        SELECT string_agg(DISTINCT place::text, ', ') INTO one FROM (
            SELECT '<table>'::regclass AS place
            UNION SELECT confrelid::regclass FROM pg_constraint WHERE conrelid = '<table>'::regclass AND contype = 'f'
            UNION SELECT conrelid::regclass FROM pg_constraint WHERE confrelid = '<table>'::regclass AND conparentid = 0
        ) places;
        <lock>

        FOR one IN SELECT conname, conrelid::regclass AS place, pg_get_constraintdef(oid) AS definition
            FROM pg_constraint WHERE confrelid = '<table>'::regclass AND conparentid = 0
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname);
            keys := keys || format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', one.place, one.conname,
                                   regexp_replace(one.definition, ' NOT VALID$', ''));
        END LOOP;

        EXECUTE format('ALTER TABLE <table> RENAME TO %I', before);
        EXECUTE format(
            'CREATE TABLE <table> (LIKE %I INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS) '
            'PARTITION BY RANGE (<key>)', before);
        EXECUTE format('ALTER TABLE <table> DROP CONSTRAINT %I', before);
        EXECUTE format('ALTER TABLE <table> OWNER TO %I', (SELECT pg_get_userbyid(relowner) FROM pg_class
                                                           WHERE oid = before::regclass));

        FOR one IN SELECT conname, contype, pg_get_constraintdef(oid) AS definition FROM pg_constraint
            WHERE conrelid = before::regclass AND contype IN ('p', 'u', 'f') AND conparentid = 0
        LOOP
            IF one.contype <> 'f' THEN
                EXECUTE format('ALTER TABLE %I RENAME CONSTRAINT %I TO %I', before, one.conname,
                               left(one.conname, 56) || '_before');
            END IF;
            IF one.conname <> ALL (<local>) THEN
                EXECUTE format('ALTER TABLE <table> ADD CONSTRAINT %I %s', one.conname, one.definition);
            END IF;
        END LOOP;
        FOR one IN SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
            WHERE indrelid = before::regclass AND indisvalid
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
        LOOP
            EXECUTE format('ALTER INDEX %I RENAME TO %I', one.name, left(one.name, 56) || '_before');
            EXECUTE replace(one.definition, '.' || before || ' USING', '.<table> USING');
        END LOOP;

        PERFORM petstore_copy_security(before::regclass, '<table>'::regclass);
        FOR one IN SELECT grantee, privilege_type, is_grantable FROM pg_class, aclexplode(relacl)
            WHERE pg_class.oid = before::regclass AND grantee <> relowner
        LOOP
            EXECUTE format('GRANT %s ON <table> TO %s', one.privilege_type,
                           CASE one.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(one.grantee)) END);
        END LOOP;
        FOR one IN SELECT attname, grantee, privilege_type FROM pg_attribute, aclexplode(attacl)
            WHERE attrelid = before::regclass AND NOT attisdropped
        LOOP
            EXECUTE format('GRANT %s (%I) ON <table> TO %s', one.privilege_type, one.attname,
                           CASE one.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(one.grantee)) END);
        END LOOP;

        FOR one IN SELECT tgname, pg_get_triggerdef(oid) AS definition FROM pg_trigger
            WHERE tgrelid = before::regclass AND NOT tgisinternal AND tgtype & 33 <> 32
        LOOP
            EXECUTE format('DROP TRIGGER %I ON %I', one.tgname, before);
            EXECUTE replace(one.definition, '.' || before || ' ', '.<table> ');
        END LOOP;
        <identity>

        EXECUTE format('ALTER TABLE <table> ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', before,
                       petstore_first_id(month));
        CREATE TABLE <table>_other (LIKE <table> INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS);
        <other>
        PERFORM petstore_copy_security('<table>'::regclass, '<table>_other'::regclass);
        ALTER TABLE <table> ATTACH PARTITION <table>_other DEFAULT;
        FOR number IN 0..1 LOOP
            PERFORM <table>_add_month((month + number * interval '1 month')::date);
        END LOOP;
        FOR one IN SELECT unnest(keys) AS statement LOOP
            EXECUTE one.statement;
        END LOOP;
    END $$
"""
_IDENTITY: Final = """
        EXECUTE format('ALTER TABLE <table> ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH %s)',
                       nextval(pg_get_serial_sequence(before, 'id')));
        EXECUTE format('ALTER TABLE %I ALTER COLUMN id DROP IDENTITY', before);
"""


def pin_search_path(function: str) -> str:
    """Return the statement by which no caller of a function can put other tables in the place of those it names."""
    return _PIN.format(function=function)


class CreatePartitionFunctions(RunStatements):
    """Create the functions that partitions by month are made with."""

    def __init__(self) -> None:
        drops = (
            "DROP FUNCTION petstore_copy_security(regclass, regclass)",
            "DROP FUNCTION petstore_first_id(date)",
        )
        super().__init__(
            {
                "postgresql": (
                    _FIRST_ID,
                    _COPY_SECURITY,
                    pin_search_path("petstore_copy_security(regclass, regclass)"),
                ),
                "sqlite": (),
            },
            {"postgresql": drops, "sqlite": ()},
        )


class LimitIds(RunStatements):
    """Promise that a table's ids are of before a month to come, unproven: the first of four steps, each a migration."""

    def __init__(self, table: str, key: str = "id") -> None:
        super().__init__(
            {
                "postgresql": (_LIMIT.format(table=table, key=key, lock=_LOCK.replace("<places>", f"'{table}'")),),
                "sqlite": (),
            },
            {"postgresql": (_FORGET.format(table=table),), "sqlite": ()},
        )


class ValidateLimit(RunStatements):
    """Prove it, while everybody reads and writes: the second step."""

    def __init__(self, table: str) -> None:
        statement = _VALIDATE.format(condition=_OF_TABLE.format(table=table))
        super().__init__({"postgresql": (statement,), "sqlite": ()}, {"postgresql": (), "sqlite": ()})


class PartitionByMonth(RunStatements):
    """Put a partitioned table in the place of a table, which becomes its first partition: the third step.

    No row is moved or read. All tables that take part are locked before anything is done, or none: after a fifth of a
    second it lets go of all, sooner than PostgreSQL looks for deadlocks. Foreign keys to the table are dropped and made
    anew, unproven for the rows of before. The function `<table>_add_month` makes a partition for a coming month, as the
    owner, whoever calls it.

    Args:
        table: its name, which the partitioned table has from now on.
        key: the column with the UUIDv7.
        local: constraints by name, as SQL, that hold within one partition only, as the key is no part of them.
        has_identity: its id is counted by PostgreSQL.
    """

    def __init__(
        self, table: str, key: str = "id", *, local: Mapping[str, str] | None = None, has_identity: bool = False
    ) -> None:
        added = "\n        ".join(_LOCAL.format(definition=definition) for definition in (local or {}).values())
        names = "ARRAY[" + ", ".join(f"'{name}'" for name in local or {}) + "]::text[]"
        swap = _SWAP.replace("<lock>", _LOCK.replace("<places>", "one.string_agg"))
        swap = swap.replace("<identity>", _IDENTITY if has_identity else "").replace("<local>", names)
        others = [f"ALTER TABLE {table}_other ADD {definition};" for definition in (local or {}).values()]
        swap = swap.replace("<other>", "\n        ".join(others)).replace("<table>", table).replace("<key>", key)
        super().__init__(
            {
                "postgresql": (
                    _ADD_MONTH.format(table=table, local=added),
                    pin_search_path(f"{table}_add_month(date)"),
                    swap,
                ),
                "sqlite": (),
            },
            {"postgresql": (_refuse_return(table),), "sqlite": ()},
        )


class ValidateForeignKeys(RunStatements):
    """Prove the foreign keys to a table that has been partitioned: the last step."""

    def __init__(self, table: str) -> None:
        statement = _VALIDATE.format(condition=_TO_TABLE.format(table=table))
        super().__init__({"postgresql": (statement,), "sqlite": ()}, {"postgresql": (), "sqlite": ()})


def _refuse_return(table: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION '{table} stays partitioned: the release before runs on it'; END $$"
