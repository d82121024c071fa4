-- name: serverless_cache_get (region text, name text) one: serverless_cache
SELECT * FROM serverless_cache WHERE region = :region AND name = :name;

-- name: serverless_cache_page (region text, after text, most int) many: serverless_cache
SELECT * FROM serverless_cache WHERE region = :region AND name > :after ORDER BY name LIMIT :most;

-- name: serverless_cache_count (region text) int
SELECT count(*) FROM serverless_cache WHERE region = :region;

-- Snapshots of serverless caches stand before all others (plan/serverless.h).
-- name: serverless_snapshot_page (region text, rg_id text, source text, after text, most int) many: snapshot
SELECT * FROM snapshot
 WHERE region = :region AND name > :after AND name < '1' AND source <> 'dump' AND (:rg_id IS NULL OR rg_id = :rg_id)
   AND (:source IS NULL OR source = :source)
 ORDER BY name LIMIT :most;
