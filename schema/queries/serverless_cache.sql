-- name: serverless_cache_get (region text, name key) one: serverless_cache
SELECT * FROM serverless_cache WHERE region = :region AND name = :name;

-- name: serverless_cache_page (region text, after key, most int) many: serverless_cache
SELECT * FROM serverless_cache WHERE region = :region AND name > max(:after, account_key(':')) AND name < account_end() ORDER BY name LIMIT :most;

-- name: serverless_cache_count (region text) int
SELECT count(*) FROM serverless_cache WHERE region = :region AND name > account_key(':') AND name < account_end();

-- Snapshots of serverless caches stand before all others (plan/serverless.h).
-- name: serverless_snapshot_page (region text, rg_id key, source text, after key, most int) many: snapshot
SELECT * FROM snapshot
 WHERE region = :region AND name > max(:after, account_key('0-')) AND name < account_key('0.') AND source <> 'dump' AND (:rg_id IS NULL OR rg_id = :rg_id)
   AND (:source IS NULL OR source = :source)
 ORDER BY name LIMIT :most;
