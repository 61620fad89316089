-- Back to the seeded rows: what a round of POST has written goes, its pets wait for the next one.

DELETE FROM shop_pendingevent;
DELETE FROM shop_event WHERE created_at > %(last)s;
DELETE FROM shop_ordertransition WHERE created_at > %(last)s;
DELETE FROM shop_order WHERE created_at > %(last)s;
UPDATE shop_pet SET status = %(stock_status)s
FROM shop s
WHERE shop_pet.tenant_id = s.id AND shop_pet.created_at > pg_temp.seeded_at(s.orders)
      AND shop_pet.status <> %(stock_status)s;
