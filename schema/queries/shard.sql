-- name: shard_list (region text, rg_id key) many: shard
SELECT * FROM shard WHERE region = :region AND rg_id = :rg_id ORDER BY id;

-- name: resharding_get (region text, rg_id key) one: resharding
SELECT * FROM resharding WHERE region = :region AND rg_id = :rg_id;

-- name: shard_span (region text, first key, last key) many: shard
SELECT * FROM shard WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id, id;

-- name: resharding_span (region text, first key, last key) many: resharding
SELECT * FROM resharding WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id;
