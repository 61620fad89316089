"""Keep attempts by the month of their delivery, and let whole months be dropped."""

from django.db import migrations

from tenants.migration_operations import RunStatements
from tenants.partition_operations import PartitionByMonth, pin_search_path

DROP = """
    CREATE FUNCTION webhooks_drop_months(settled_before timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '200ms' AS $$
    DECLARE
        month record;
        table_name text;
        number bigint := 0;
        is_wanted boolean;
    BEGIN
        IF settled_before > now() - interval '1 day' THEN
            RAISE EXCEPTION 'webhooks_drop_months: % is not long ago', settled_before;
        END IF;
        FOR month IN -- those that were over by then
            SELECT substr(relname, length('webhooks_delivery') + 1) AS suffix FROM pg_inherits
            JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'webhooks_delivery'::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$'
            AND to_date(right(relname, 7), 'YYYY_MM')
                + CASE WHEN relname ~ '_before_' THEN interval '0' ELSE interval '1 month' END
                <= settled_before AT TIME ZONE 'UTC'
            ORDER BY right(relname, 7)
        LOOP
            FOREACH table_name IN ARRAY ARRAY['webhooks_attempt', 'webhooks_delivery', 'webhooks_message'] LOOP
                CONTINUE WHEN to_regclass(table_name || month.suffix) IS NULL;
                EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', table_name || month.suffix);
                IF row_security_active(table_name || month.suffix) AND NOT EXISTS (
                    SELECT FROM pg_policies
                    WHERE schemaname = current_schema() AND tablename = table_name || month.suffix
                    AND current_user = ANY (roles) AND permissive = 'PERMISSIVE' AND qual = 'true'
                ) THEN
                    RAISE EXCEPTION 'webhooks_drop_months: % hides rows of % from me', current_user, table_name;
                END IF;
            END LOOP;
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE settled_at IS NULL OR settled_at >= $1)',
                           'webhooks_delivery' || month.suffix) INTO is_wanted USING settled_before;
            CONTINUE WHEN is_wanted;
            EXECUTE format('SELECT $1 + count(*) FROM %I', 'webhooks_delivery' || month.suffix)
                INTO number USING number;
            FOREACH table_name IN ARRAY ARRAY['webhooks_attempt', 'webhooks_delivery'] LOOP
                EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', table_name, table_name || month.suffix);
                EXECUTE format('DROP TABLE %I', table_name || month.suffix);
            END LOOP;
        END LOOP;
        FOR month IN
            SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'webhooks_message'::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$'
            AND to_regclass('webhooks_delivery' || substr(relname, length('webhooks_message') + 1)) IS NULL
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %I m JOIN webhooks_delivery d ON d.message_id = m.id)',
                           month.relname) INTO is_wanted;
            CONTINUE WHEN is_wanted;
            EXECUTE format('ALTER TABLE webhooks_message DETACH PARTITION %I', month.relname);
            EXECUTE format('DROP TABLE %I', month.relname);
        END LOOP;
        RETURN number;
    END $$
"""
"""Drops the months that were over before a moment, and all of them settled; returns how many deliveries that were."""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0010_delivery_keys")]
    operations = [
        PartitionByMonth(
            "webhooks_attempt",
            key="delivery_id",
            local={"webhooks_attempt_pkey": "PRIMARY KEY (id)"},
            has_identity=True,
        ),
        RunStatements(
            {"postgresql": (DROP, pin_search_path("webhooks_drop_months(timestamptz)")), "sqlite": ()},
            {"postgresql": ("DROP FUNCTION webhooks_drop_months(timestamptz)",), "sqlite": ()},
        ),
    ]
