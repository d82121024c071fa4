-- name: shard_list (region text, rg_id text) many: shard
SELECT * FROM shard WHERE region = :region AND rg_id = :rg_id ORDER BY id;

-- name: resharding_get (region text, rg_id text) one: resharding
SELECT * FROM resharding WHERE region = :region AND rg_id = :rg_id;

-- name: shard_span (region text, first text, last text) many: shard
SELECT * FROM shard WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id, id;

-- name: resharding_span (region text, first text, last text) many: resharding
SELECT * FROM resharding WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id;
