-- Back to the seeded rows. The journal and the orders refuse DELETE by trigger, so the triggers rest meanwhile:
-- only a superuser can do this, and only to this database of the benchmark's own.

SET LOCAL session_replication_role = replica;
DELETE FROM events_chainlink WHERE event_id IN (SELECT id FROM events_auditevent WHERE created_at > %(last)s);
DELETE FROM events_pendingevent;
DELETE FROM events_auditevent WHERE created_at > %(last)s;
DELETE FROM webhooks_attempt;
DELETE FROM webhooks_delivery;
DELETE FROM webhooks_message;
DELETE FROM payments_payment WHERE created_at > %(last)s;
DELETE FROM payments_sandboxentry;
DELETE FROM orders_ordertransition WHERE at > %(last)s;
DELETE FROM orders_order WHERE created_at > %(last)s;
UPDATE pets_pet SET status = %(stock_status)s, is_held = false, version = 1
FROM shop s
WHERE pets_pet.tenant_id = s.id AND pets_pet.created_at > pg_temp.seeded_at(s.orders)
      AND pets_pet.status <> %(stock_status)s;
UPDATE orders_ordercount SET counted = 0;
UPDATE orders_ordercount t SET counted = (SELECT count(*) FROM orders_order o WHERE o.tenant_id = t.tenant_id)
WHERE t.id IN (SELECT min(id) FROM orders_ordercount GROUP BY tenant_id);
DELETE FROM payments_dailyrevenue WHERE day > (%(last)s AT TIME ZONE 'UTC')::date;
DELETE FROM orders_dailyordertotals WHERE day > (%(last)s AT TIME ZONE 'UTC')::date;
