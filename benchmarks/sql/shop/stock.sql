-- Pets come in, to be sold by a round of POST.

UPDATE shop_pet SET status = 'AVAILABLE'
FROM shop s
WHERE shop_pet.tenant_id = s.id AND shop_pet.created_at > pg_temp.seeded_at(s.orders)
      AND shop_pet.created_at <= pg_temp.seeded_at(s.orders + %(stocked_pets)s) AND s.number = ANY(%(stocked)s);
