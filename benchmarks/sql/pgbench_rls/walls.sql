-- Row-level security as our own tables have it, forced, for a role that owns nothing.

DO $$
DECLARE walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['shop_pet', 'shop_order', 'shop_event', 'shop_user'] LOOP
        EXECUTE format('ALTER TABLE %%I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %%I FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY one_tenant ON %%I USING (tenant_id = current_setting(''petstore.tenant'')::uuid)', walled);
    END LOOP;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO %%I', %(role)s);
END $$;
